"""The forms that files of settings have, and how each service of EMR spells what stands in its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


@dataclass(frozen=True)
class Casing:
    """How a service spells the three keys of a classification, and the members of requests on the way to settings.

    https://docs.aws.amazon.com/emr/latest/ReleaseGuide/emr-configure-apps.html
    """

    title: str
    name: str
    properties: str
    nested: str
    members: frozenset[str] = field(repr=False)

    @property
    def keys(self) -> set[str]:
        return {self.name, self.properties, self.nested}

    def __str__(self) -> str:
        return f"{self.name}, {self.properties}, {self.nested}"


_OF_EC2 = """
    ActionOnFailure Applications Args BootstrapActions Configurations ExecutionRoleArn HadoopJarStep InstanceCount InstanceFleets
    InstanceGroups InstanceRole InstanceType InstanceTypeConfigs Instances Jar JobFlowId JobFlowRole LogUri Name ReleaseLabel
    ScriptBootstrapAction SecurityConfiguration ServiceRole Steps Tags
"""
_OF_JOBS = """
    applicationConfiguration applicationId clientToken configurationOverrides configurations entryPoint entryPointArguments
    executionRoleArn imageConfiguration jobDriver jobTemplateData jobTemplateId jobTemplateParameters monitoringConfiguration name
    releaseLabel retryPolicyConfiguration runtimeConfiguration sparkSqlJobDriver sparkSqlParameters sparkSubmit sparkSubmitJobDriver
    sparkSubmitParameters tags virtualClusterId
"""
EC2 = Casing("EMR on EC2", "Classification", "Properties", "Configurations", frozenset(_OF_EC2.split()))
JOBS = Casing(
    "EMR on EKS and Serverless", "classification", "properties", "configurations", frozenset(_OF_JOBS.split())
)
CASINGS = (EC2, JOBS)


class Form(Enum):
    """A form of a file; its value is what people call it."""

    PROPERTIES = "spark-defaults.conf"
    HADOOP_XML = "Hadoop XML"
    EMR_EC2 = "JSON of EMR on EC2"
    EMR_EKS = "JSON of EMR on EKS"
    EMR_SERVERLESS = "JSON of EMR Serverless"
    LIVY = "JSON of Livy"
    GLUE = "JSON of AWS Glue (CreateJob)"

    @property
    def casing(self) -> Casing | None:
        """Of a service of EMR."""
        return _CASINGS.get(self)

    @property
    def service(self) -> str:
        return self.value.replace("JSON of ", "", 1)


_CASINGS = {Form.EMR_EC2: EC2, Form.EMR_EKS: JOBS, Form.EMR_SERVERLESS: JOBS}
# What Spark and Hadoop read by themselves, and what every service of EMR gives to them. Glue gives them its own request only.
USUAL = tuple(form for form in Form if form is not Form.GLUE)
# What lies beside a service of EMR: in images, on nodes, in a notebook's session.
BESIDE = (Form.PROPERTIES, Form.HADOOP_XML, Form.LIVY)
