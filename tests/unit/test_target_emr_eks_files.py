"""emr-eks: what lies beside the request. Pods and service accounts, images, and scripts that are run with stand-ins."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.commands import calls_of
from fakes.eks_jobs import IMAGE, JAR, JOB, defaults, of_base, of_external_id, refusal, render
from fakes.target_plans import access_map, bound, large, named, plain_refusing
from ruamel.yaml import YAML

from spark_xacct import plan as plans
from spark_xacct import targets
from spark_xacct.model import BaseKind, ExternalId, Pattern
from spark_xacct.targets import Flavour, emr_eks

# Pods


# https://docs.aws.amazon.com/emr/latest/EMR-on-EKS-DevelopmentGuide/pod-templates.html
POD_FIELDS = {
    "activeDeadlineSeconds", "affinity", "containers", "enableServiceLinks", "ephemeralContainers", "hostAliases", "hostname",
    "imagePullSecrets", "initContainers", "nodeName", "nodeSelector", "overhead", "preemptionPolicy", "priority",
    "priorityClassName", "readinessGates", "runtimeClassName", "schedulerName", "subdomain", "terminationGracePeriodSeconds",
    "tolerations", "topologySpreadConstraints", "volumes",
}  # fmt: skip
CONTAINER_FIELDS = {
    "env", "envFrom", "name", "lifecycle", "livenessProbe", "readinessProbe", "resources", "startupProbe", "stdin", "stdinOnce",
    "terminationMessagePath", "terminationMessagePolicy", "tty", "volumeDevices", "volumeMounts", "workingDir",
}  # fmt: skip
RESERVED_VOLUMES = {
    "emr-container-communicate", "config-volume", "emr-container-application-log-dir", "emr-container-event-log-dir",
    "temp-data-dir", "mnt-dir", "home-dir", "emr-container-s3",
}  # fmt: skip
WITH_FILE = of_external_id(ExternalId(file="/etc/xacct/partner-id"))


@pytest.mark.parametrize("plan", [named(), WITH_FILE], ids=["plain", "file"])
@pytest.mark.parametrize("pod", ["driver", "executor"])
def test_pod_templates_keep_to_the_fields_that_emr_allows(plan, pod):
    template = YAML(typ="safe").load(render(plan).files()[f"{pod}-pod-template.yaml"])
    assert (template["apiVersion"], template["kind"], set(template)) == ("v1", "Pod", {"apiVersion", "kind", "spec"})
    (container,) = template["spec"]["containers"]
    assert container["name"] == f"spark-kubernetes-{pod}"
    assert set(template["spec"]) <= POD_FIELDS
    assert set(container) <= CONTAINER_FIELDS
    volumes = {volume["name"] for volume in template["spec"].get("volumes", ())}
    mounts = container.get("volumeMounts", ())
    assert volumes == {mount["name"] for mount in mounts}
    assert not volumes & RESERVED_VOLUMES
    assert not [
        mount for mount in mounts for path in emr_eks.RESERVED_MOUNTS if f"{mount['mountPath']}/".startswith(f"{path}/")
    ]


def test_a_file_with_an_external_id_is_mounted_in_both_pods_from_templates_that_the_request_names():
    rendered = render(WITH_FILE)
    mounts = {
        pod: YAML(typ="safe").load(rendered.files()[f"{pod}-pod-template.yaml"])["spec"]["containers"][0][
            "volumeMounts"
        ]
        for pod in ("driver", "executor")
    }
    wanted = {
        "name": "spark-xacct-external-ids",
        "mountPath": "/etc/xacct/partner-id",
        "subPath": "partner",
        "readOnly": True,
    }
    assert mounts["executor"] == [wanted]
    assert wanted in mounts["driver"]
    for pod in mounts:
        named_file = f"s3://staging/xacct/{pod}-pod-template.yaml"
        assert defaults(rendered)[f"spark.kubernetes.{pod}.podTemplateFile"] == named_file
    assert not [name for name in defaults(render()) if "podTemplate" in name]


BY_A_SETTING = "--conf spark.kubernetes.driver.secrets.spark-xacct-aws=/etc/spark-xacct/aws"


@pytest.mark.parametrize(
    ("parameters", "is_mounted"),
    [
        ((), True),
        (("--conf spark.kubernetes.driver.secrets.other=/etc/spark-xacct/aws-other",), True),
        (("--conf spark.kubernetes.executor.secrets.spark-xacct-aws=/etc/spark-xacct/aws",), True),
        ((BY_A_SETTING,), False),
        ((f"{BY_A_SETTING}/ --verbose",), False),
        (('--conf "spark.kubernetes.driver.volumes.configMap.a.mount.path=/etc/spark-xacct/aws"',), False),
    ],
)
def test_nothing_is_mounted_where_a_parameter_mounts_something(parameters, is_mounted):
    rendered = render(WITH_FILE, job=replace(JOB, parameters=parameters))
    template = YAML(typ="safe").load(rendered.files()["driver-pod-template.yaml"])
    paths = [mount["mountPath"] for mount in template["spec"]["containers"][0]["volumeMounts"]]
    assert paths == [*(["/etc/spark-xacct/aws"] if is_mounted else []), "/etc/xacct/partner-id"]
    assert {volume["name"] for volume in template["spec"]["volumes"]} == {
        *(["spark-xacct-aws"] if is_mounted else []),
        "spark-xacct-external-ids",
    }


def test_the_entry_point_of_the_image_is_named_only_where_it_is_rendered():
    one_hop = plans.encode(access_map(bound("finance-data", "finance"), python_default_role=None))
    hadoop = render(one_hop, job=replace(JOB, image=IMAGE), flavour=Flavour.HADOOP)
    for rendered in (render(job=replace(JOB, image=IMAGE)), render(), hadoop):
        template = rendered.files()["driver-pod-template.yaml"]
        assert ("entrypoint.sh" in template) == ("entrypoint.sh" in rendered.files())
        by_setting = '#   --parameter="--conf spark.kubernetes.driverEnv.AWS_CONFIG_FILE=/etc/spark-xacct/aws/config"\n'
        assert (by_setting in template) != ("entrypoint.sh" in template)


def test_who_may_write_to_the_staging_bucket_is_said_where_something_is_staged():
    for plan, image, is_staged in ((named(), None, True), (named(), IMAGE, False), (WITH_FILE, IMAGE, True)):
        text = render(plan, job=replace(JOB, image=image)).files()["submit.sh"]
        assert ("write to the staging bucket" in text) == is_staged == ("aws s3 cp" in text)


@pytest.mark.parametrize("reserved", emr_eks.RESERVED_MOUNTS)
def test_a_file_where_emr_mounts_something_itself_is_refused(reserved):
    assert refusal(of_external_id(ExternalId(file=f"{reserved}/id"))) == (
        f"emr-eks: role partner: external_id.file {reserved}/id lies under {reserved}, which EMR on EKS mounts itself; take another path"
    )


def test_an_external_id_of_the_environment_comes_from_a_secret_and_its_value_is_in_no_file():
    rendered = render()
    for pod in ("driver", "executor"):
        name = f"spark.kubernetes.{pod}.secretKeyRef.PARTNER_EXTERNAL_ID"
        assert defaults(rendered)[name] == "spark-xacct-external-ids:PARTNER_EXTERNAL_ID"


def test_service_accounts_and_trust_take_what_the_declaration_says_of_the_cluster():
    documents = {"oidc_provider": "https://oidc.example/id/1", "namespace": "spark", "eks_account": "999900001111"}
    plan = named()
    plan = replace(plan, access_map=replace(plan.access_map, documents=documents))
    found = render(plan).data["service_accounts"]
    (statement,) = found.pop("trust")["Statement"]

    assert found == {
        "namespace": "spark",
        "role": "etl",
        "encoded": "3yics",
        "names": {pod: f"emr-containers-sa-spark-{pod}-999900001111-3yics" for pod in ("client", "driver", "executor")},
        "pattern": "emr-containers-sa-*-*-999900001111-3yics",
    }
    assert statement["Principal"] == {"Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.example/id/1"}
    assert statement["Condition"]["StringLike"] == {
        "oidc.example/id/1:sub": "system:serviceaccount:spark:emr-containers-sa-*-*-999900001111-3yics"
    }


def test_the_trust_of_pod_identity_allows_its_tags():
    (statement,) = render(of_base(BaseKind.POD_IDENTITY)).data["service_accounts"]["trust"]["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    }


# Images


def instructions(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_the_image_adds_the_jar_and_an_entry_point_and_nothing_of_the_plan():
    files = render(job=replace(JOB, image=IMAGE)).files()
    assert instructions(files["Dockerfile"]) == [
        "FROM public.ecr.aws/emr-on-eks/spark/emr-7.12.0@sha256:<digest of the base image>",
        "USER root",
        f"COPY --chmod=0644 {JAR} /usr/lib/spark/jars/{JAR}",
        "COPY --chmod=0755 entrypoint.sh /usr/lib/spark-xacct/entrypoint.sh",
        "USER hadoop:hadoop",
        'ENTRYPOINT ["/usr/lib/spark-xacct/entrypoint.sh"]',
    ]
    assert instructions(files["Dockerfile.fragment"]) == [
        "FROM <your image>@sha256:<its digest>",
        f"COPY --chmod=0644 {JAR} /usr/lib/spark/jars/{JAR}",
    ]
    other = render(large("aws-cn", "cn-north-1"), job=replace(JOB, image=IMAGE)).files()
    assert {name: other[name] for name in OF_IMAGE} == {name: files[name] for name in OF_IMAGE}


OF_IMAGE = ("Dockerfile", "Dockerfile.fragment", "entrypoint.sh")


def test_where_spark_has_no_plugins_the_image_shows_python_the_jar_and_keeps_what_is_there():
    job = replace(JOB, image=IMAGE, entry_point="s3://corp-dev-code/job.py")
    text = render(plain_refusing(), "emr-5.36.0", job).files()["Dockerfile"]
    assert f"ENV PYTHONPATH=${{PYTHONPATH:+$PYTHONPATH:}}/usr/lib/spark/jars/{JAR}" in instructions(text)
    assert "FROM <registry of EMR on EKS in the Region>/spark/emr-5.36.0@sha256:<digest of the base image>" in text


def test_without_an_image_and_with_hadoops_own_provider_there_is_none_to_build():
    assert not set(OF_IMAGE) & set(render().files())
    one_hop = plans.encode(
        access_map(bound("finance-data", "finance"), own=(Pattern("corp-code"),), python_default_role=None)
    )
    rendered = render(one_hop, job=replace(JOB, image=IMAGE), flavour=Flavour.HADOOP)
    assert not set(OF_IMAGE) & set(rendered.files())
    found = defaults(rendered)
    assert found["spark.kubernetes.container.image"] == IMAGE
    assert not set(found) & {"spark.jars", "spark.submit.pyFiles", "spark.plugins.defaultList", "spark.authenticate"}


# Scripts


FAKES = {"aws": "", "kubectl": "", "docker": ""}
SCRIPTS = ("setup.sh", "submit.sh", "entrypoint.sh")


def written(rendered: targets.Rendered, folder: Path) -> Path:
    for name, text in rendered.files().items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("shell", ["sh", "bash", "dash"])
@pytest.mark.parametrize("plan", [named(), WITH_FILE, of_base(BaseKind.POD_IDENTITY)], ids=["irsa", "file", "pods"])
def test_scripts_are_shell(tmp_path, shell, plan):
    files = render(plan, job=replace(JOB, image=IMAGE)).files()
    for name in SCRIPTS:
        found = subprocess.run([shell, "-n"], input=files[name], text=True, capture_output=True, check=False)
        assert (found.returncode, found.stderr) == (0, "")


def test_a_role_that_is_not_known_is_said_in_the_script_and_in_no_name(tmp_path):
    rendered = render(of_base(BaseKind.IRSA, arn=None))
    assert rendered.data["service_accounts"] == {"namespace": "<namespace>", "role": None}
    script = written(rendered, tmp_path) / "setup.sh"
    assert calls_of(script, ["role"], fakes=FAKES) == (
        2, [], "which role it is is not known: render again with --role, or with base.arn in the declaration\n",
    )  # fmt: skip


def test_setup_does_its_parts_in_order(tmp_path, monkeypatch):
    folder = written(render(job=replace(JOB, image=IMAGE)), tmp_path)
    (folder / "Dockerfile").write_text("FROM base@sha256:1\n", encoding="utf-8")
    # Named from where the script is called, and not from where it lies.
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    Path("the.jar").write_text("jar", encoding="utf-8")
    environment = {
        "CLUSTER": "prod",
        "NAMESPACE": "spark",
        "PARTNER_EXTERNAL_ID": "id-1 $x",
        "SPARK_XACCT_JAR": "the.jar",
    }
    code, calls, said = calls_of(folder / "setup.sh", [], environment, FAKES)

    assert (code, said) == (0, "")
    of_role, *of_secret, build, push = calls
    assert of_role == [
        "aws", "emr-containers", "update-role-trust-policy", "--cluster-name", "prod", "--namespace", "spark", "--role-name", "etl",
    ]  # fmt: skip
    assert sorted(of_secret) == [
        ["kubectl", "--namespace", "spark", "apply", "--filename", "-"],
        ["kubectl", "--namespace", "spark", "create", "secret", "generic", "spark-xacct-external-ids", "--dry-run=client",
         "--output", "yaml", "--from-literal=PARTNER_EXTERNAL_ID=id-1 $x"],
    ]  # fmt: skip
    assert (build, push) == (["docker", "build", "--tag", IMAGE, "."], ["docker", "push", IMAGE])
    assert (folder / JAR).read_text(encoding="utf-8") == "jar"


def test_setup_of_pod_identity_makes_associations(tmp_path):
    folder = written(render(of_base(BaseKind.POD_IDENTITY)), tmp_path)
    environment = {"CLUSTER": "prod", "NAMESPACE": "spark"}
    assert calls_of(folder / "setup.sh", ["role"], environment, FAKES)[1] == [
        ["aws", "emr-containers", "create-role-associations", "--cluster-name", "prod", "--namespace", "spark", "--role-name", "etl"]
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "environment", "code", "said"),
    [
        (["image"], {}, 2, "write the digest of the base image into Dockerfile first; its comment says how to find it"),
        (["roles"], {}, 2, "there is no part roles; there are role, secret, image"),
        (["role"], {"NAMESPACE": "spark"}, 2, "CLUSTER: is the name of the EKS cluster"),
        (["secret"], {"NAMESPACE": "spark"}, 2, "PARTNER_EXTERNAL_ID: is the external id of role partner"),
    ],
)
def test_setup_ends_where_it_is_not_told_enough(tmp_path, arguments, environment, code, said):
    folder = written(render(job=replace(JOB, image=IMAGE)), tmp_path)
    found = calls_of(folder / "setup.sh", arguments, environment, FAKES, shell="dash")
    assert (found[0], found[1]) == (code, [])
    assert said in found[2]


def test_submit_stages_what_the_request_names_and_starts_the_job_run(tmp_path):
    folder = written(render(WITH_FILE), tmp_path)
    code, calls, said = calls_of(folder / "submit.sh", [], {"SPARK_XACCT_JAR": "/a b.jar"}, FAKES)
    assert (code, said) == (0, "")
    assert calls == [
        ["aws", "s3", "cp", "/a b.jar", f"s3://staging/xacct/{JAR}"],
        ["aws", "s3", "cp", "driver-pod-template.yaml", "s3://staging/xacct/driver-pod-template.yaml"],
        ["aws", "s3", "cp", "executor-pod-template.yaml", "s3://staging/xacct/executor-pod-template.yaml"],
        ["aws", "emr-containers", "start-job-run", "--cli-input-json", "file://start-job-run.json"],
    ]


def test_submit_does_nothing_while_something_is_to_be_filled_in(tmp_path):
    folder = written(render(job=replace(JOB, on=None)), tmp_path)
    code, calls, said = calls_of(folder / "submit.sh", [], {}, FAKES)
    assert (code, calls) == (2, [])
    assert '"virtualClusterId": "<id of the virtual cluster>"' in said


WEB = {"AWS_WEB_IDENTITY_TOKEN_FILE": "/token"}
ENTRIES = {
    "driver with a web identity": (["driver", "--class", "a b"], WEB, True, True),
    "executor": (["executor"], WEB, True, False),
    "no file": (["driver"], WEB, False, False),
    "Pod Identity": (["driver"], {}, True, False),
    "another command": (["bash"], WEB, True, False),
    "no arguments": ([], WEB, True, False),
}


@pytest.mark.parametrize("case", ENTRIES)
def test_the_entry_point_shows_profiles_to_the_driver_alone_and_runs_the_images_own(tmp_path, case):
    arguments, environment, has_file, is_shown = ENTRIES[case]
    folder = written(render(job=replace(JOB, image=IMAGE)), tmp_path)
    config = tmp_path / "config"
    if has_file:
        config.write_text("[default]\n", encoding="utf-8")
    own = {"spark-entry": 'echo "config=${AWS_CONFIG_FILE:-}"; exit 7'}
    more = {"SPARK_XACCT_ENTRYPOINT": "spark-entry", "SPARK_XACCT_AWS_CONFIG": str(config)}
    code, calls, said = calls_of(folder / "entrypoint.sh", arguments, {**environment, **more}, own, shell="bash")

    assert (code, calls) == (7, [["spark-entry", *arguments]])
    assert said.splitlines()[-1] == f"config={config if is_shown else ''}"
    assert ("is left aside: without a web identity" in said) == (case == "Pod Identity")


def test_the_entry_point_leaves_a_file_that_somebody_else_chose(tmp_path):
    folder = written(render(job=replace(JOB, image=IMAGE)), tmp_path)
    (tmp_path / "config").write_text("", encoding="utf-8")
    environment = {
        **WEB,
        "AWS_CONFIG_FILE": "/mine",
        "SPARK_XACCT_AWS_CONFIG": str(tmp_path / "config"),
        "SPARK_XACCT_ENTRYPOINT": "spark-entry",
    }
    own = {"spark-entry": 'echo "$AWS_CONFIG_FILE"'}
    assert calls_of(folder / "entrypoint.sh", ["driver"], environment, own, shell="bash")[2] == "/mine\n"
