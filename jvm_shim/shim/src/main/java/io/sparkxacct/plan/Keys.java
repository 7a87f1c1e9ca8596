package io.sparkxacct.plan;

/** Names that Python, every target and the documentation share; a test compares them with {@code spark_xacct/keys.py}. */
public final class Keys {
    /** The plan's text, or its first part; further parts are this + ".2", ".3" and so on. */
    public static final String PLAN = "fs.xacct.plan";
    /** One line about the plan, for people. */
    public static final String ABOUT = "fs.xacct.about";
    /** The run id that session names carry. */
    public static final String RUN = "fs.xacct.run";
    /** The user that session names carry. */
    public static final String USER = "fs.xacct.user";

    public static final String PLAN_ENVIRONMENT = "SPARK_XACCT_PLAN";
    public static final String RUN_ENVIRONMENT = "SPARK_XACCT_RUN";
    public static final String USER_ENVIRONMENT = "SPARK_XACCT_USER";
    /** The folder of the endpoint of the JVM that started a Python process. */
    public static final String ENDPOINT_ENVIRONMENT = "SPARK_XACCT_ENDPOINT";
    /** The daemon or worker module that was configured before ours, which runs it. */
    public static final String NEXT_DAEMON_ENVIRONMENT = "SPARK_XACCT_NEXT_DAEMON";

    /** Class names that stand in users' settings: API, never to be moved. */
    public static final String S3A_PROVIDER = "io.sparkxacct.s3a.S3ARoleCredentialsProvider";
    public static final String S3A_V1_PROVIDER = "io.sparkxacct.s3av1.S3AV1RoleCredentialsProvider";
    public static final String PLUGIN = "io.sparkxacct.spark.CrossAccountPlugin";
    public static final String EMRFS_PROVIDER = "io.sparkxacct.emrfs.EmrfsRoleCredentialsProvider";
    public static final String S3A_HOOK = "io.sparkxacct.s3a.RoleInterceptor";
    public static final String S3A_V1_HOOK = "io.sparkxacct.s3av1.RoleRequestHandler";

    public static final String S3A_PROVIDER_KEY = "fs.s3a.aws.credentials.provider";
    public static final String EMRFS_PROVIDER_KEY = "fs.s3.customAWSCredentialsProvider";

    /** Reserved targets of a plan; "@" cannot start a role name. */
    public static final String TARGET_BASE = "@base";
    public static final String OTHERWISE_PLATFORM = "@platform";
    public static final String OTHERWISE_DENY = "@deny";

    private Keys() {
    }

    /** The key of part {@code number} (from 1) of a plan. */
    public static String planPart(int number) {
        return number == 1 ? PLAN : PLAN + "." + number;
    }
}
