#!/bin/sh
# plan 826f72ce3fa3: 3 roles, 2 buckets, base irsa
# STS: 2 hops, about 4 calls an hour where the driver may tell executors (YARN, or spark.authenticate with spark.network.crypto.enabled), else as many in each JVM (a driver and 10 executors: about 44)
# Save this as submit.sh and run: sh submit.sh [more options] job.py [arguments].
# A second --jars or --py-files replaces the one here: join the paths with a comma.
# So does spark.plugins.defaultList with one in spark-defaults.conf: where another plugin stands there, join the names with a comma.
# hadoop-aws may come by --jars or --packages as well, or lie in Spark's jars folder.
# In client mode the driver's Python inherits this; cluster managers get it by the options below.
export SPARK_XACCT_PLAN=<part 1 of plan 826f72ce3fa3>
export SPARK_XACCT_PLAN_2=.
export SPARK_XACCT_RUN=run-1
export SPARK_XACCT_USER='o'"'"'neil'
# The external id of role partner: for the driver in client mode from here, for everybody else by the options below.
: "${PARTNER_EXTERNAL_ID:?is the external id of role partner; export it}"
export PARTNER_EXTERNAL_ID
spark-submit \
  --jars '/opt/spark xacct/spark-xacct-0.1.0.jar' \
  --py-files '/opt/spark xacct/spark-xacct-0.1.0.jar' \
  --conf spark.plugins.defaultList=io.sparkxacct.spark.CrossAccountPlugin \
  --conf spark.hadoop.fs.xacct.plan=<part 1 of plan 826f72ce3fa3> \
  --conf spark.hadoop.fs.xacct.plan.2=. \
  --conf 'spark.hadoop.fs.xacct.about=plan 826f72ce3fa3: 3 roles, 2 buckets, base irsa' \
  --conf spark.hadoop.fs.xacct.run=run-1 \
  --conf 'spark.hadoop.fs.xacct.user=o'"'"'neil' \
  --conf spark.hadoop.fs.s3.impl=org.apache.hadoop.fs.s3a.S3AFileSystem \
  --conf spark.hadoop.fs.s3n.impl=org.apache.hadoop.fs.s3a.S3AFileSystem \
  --conf spark.hadoop.fs.s3a.endpoint.region=eu-west-1 \
  --conf spark.hadoop.fs.s3a.aws.credentials.provider=io.sparkxacct.s3av1.S3AV1RoleCredentialsProvider \
  --conf spark.hadoop.fs.s3a.audit.enabled=true \
  --conf spark.hadoop.fs.s3a.audit.request.handlers=io.sparkxacct.s3av1.RoleRequestHandler \
  --conf spark.hadoop.fs.s3a.bucket.partner-out.endpoint.region=us-east-1 \
  --conf spark.executorEnv.SPARK_XACCT_PLAN=<part 1 of plan 826f72ce3fa3> \
  --conf spark.executorEnv.SPARK_XACCT_PLAN_2=. \
  --conf spark.executorEnv.SPARK_XACCT_RUN=run-1 \
  --conf 'spark.executorEnv.SPARK_XACCT_USER=o'"'"'neil' \
  --conf spark.yarn.appMasterEnv.SPARK_XACCT_PLAN=<part 1 of plan 826f72ce3fa3> \
  --conf spark.yarn.appMasterEnv.SPARK_XACCT_PLAN_2=. \
  --conf spark.yarn.appMasterEnv.SPARK_XACCT_RUN=run-1 \
  --conf 'spark.yarn.appMasterEnv.SPARK_XACCT_USER=o'"'"'neil' \
  --conf spark.kubernetes.driverEnv.SPARK_XACCT_PLAN=<part 1 of plan 826f72ce3fa3> \
  --conf spark.kubernetes.driverEnv.SPARK_XACCT_PLAN_2=. \
  --conf spark.kubernetes.driverEnv.SPARK_XACCT_RUN=run-1 \
  --conf 'spark.kubernetes.driverEnv.SPARK_XACCT_USER=o'"'"'neil' \
  --conf "spark.executorEnv.PARTNER_EXTERNAL_ID=$PARTNER_EXTERNAL_ID" \
  --conf "spark.yarn.appMasterEnv.PARTNER_EXTERNAL_ID=$PARTNER_EXTERNAL_ID" \
  --conf "spark.kubernetes.driverEnv.PARTNER_EXTERNAL_ID=$PARTNER_EXTERNAL_ID" \
  "$@"
