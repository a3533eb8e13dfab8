"""Pipelines that Kale didn't make, as KFP compiles them: `python kfp_made.py DIRECTORY` writes one YAML for each.

KFP reads annotations as they stand: they must not be strings, so no `from __future__ import annotations` here.
"""

import sys
from pathlib import Path

from kfp import compiler, dsl, kubernetes
from kfp.dsl import Dataset, Input, Output


@dsl.component(base_image="python:3.12", packages_to_install=["numpy"])
def make(rows: int, table: Output[Dataset]) -> int:
    with open(table.path, "w") as file:
        file.write("x" * rows)
    return rows


@dsl.component(base_image="python:3.12")
def count(table: Input[Dataset]) -> int:
    with open(table.path) as file:
        return len(file.read())


@dsl.component(base_image="python:3.12")
def show(text: str) -> str:
    return text


@dsl.component(base_image="python:3.12")
def fail(table: Input[Dataset]):
    raise ValueError("as it should")


@dsl.container_component
def shell(text: str, where: dsl.OutputPath(str)):  # type: ignore[valid-type]
    return dsl.ContainerSpec(image="alpine", command=["sh", "-c", 'echo "$0" > "$1"'], args=[text, where])


@dsl.container_component
def entrypoint(text: str):
    return dsl.ContainerSpec(image="alpine", args=[text])


@dsl.container_component
def binary(text: str):
    return dsl.ContainerSpec(image="scratch", command=["/bin/tool"], args=[text])


@dsl.pipeline(name="one-component-twice")
def twice():
    first = make(rows=3)
    second = make(rows=4)
    count(table=first.outputs["table"])
    kubernetes.mount_pvc(first, pvc_name="data", mount_path="/data")
    kubernetes.mount_pvc(second, pvc_name="data", mount_path="/data")
    kubernetes.add_pod_annotation(second, annotation_key="rok.dev/snapshot", annotation_value="before")


@dsl.pipeline(name="inner")
def inner(rows: int) -> int:
    made = make(rows=rows)
    return count(table=made.outputs["table"]).output


@dsl.pipeline(name="nested")
def nested(rows: int = 2):
    one = inner(rows=rows)
    two = inner(rows=one.output)
    with dsl.ParallelFor(items=[1, 2], parallelism=1) as item:
        show(text="looped").after(two)
        make(rows=item)
    with dsl.If(two.output == 2):
        show(text="conditional")


@dsl.pipeline(name="containers")
def containers():
    shell(text="it's {{workflow.name}} ${HOME}\n!!python/object")
    entrypoint(text="a")
    binary(text="b")
    dsl.importer(artifact_uri="gs://x/y", artifact_class=Dataset)


@dsl.pipeline(name="handled")
def handled():
    last = show(text="last")
    with dsl.ExitHandler(last):
        show(text="first")


@dsl.pipeline(name="failing")
def failing():
    fail(table=make(rows=3).outputs["table"])


@dsl.pipeline(name="with-a-secret")
def with_a_secret():
    kubernetes.use_secret_as_env(
        show(text="a"), secret_name="rok-token", secret_key_to_env={"token": "ROK_SERVER_TOKEN"}, optional=True
    )


if __name__ == "__main__":
    for pipeline in (twice, nested, containers, handled, failing, with_a_secret):
        compiler.Compiler().compile(pipeline, str(Path(sys.argv[1]) / f"{pipeline.name}.yaml"))
