"""A provider SDK of our own, in the manner in which Pulumi generates them, so that no real one has to be there."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "pulumi_acme"
_HEAD = """
import builtins as _builtins
import pulumi
from typing import Any, Mapping, Optional, Sequence, Union, Literal
from {up} import _utilities
from . import outputs
from {up} import crypt as _crypt
from ._enums import *
from ._inputs import *
"""


@dataclass(frozen=True)
class Field:
    """An input: its Python name, its annotation, its name on the wire, and what the class sets it to itself."""

    name: str
    kind: str
    wire: str = ""
    required: bool = False
    only: str = ""


def arguments(name: str, *fields: Field) -> str:
    """Return a class of arguments."""
    ordered = sorted(fields, key=lambda field: not field.required)
    signature = "".join(f",\n                 {field.name}: {_input(field)}" for field in ordered)
    sets = "".join(f'        pulumi.set(__self__, "{field.name}", {_value(field)})\n' for field in fields)
    getters = "".join(_getter(field) for field in fields)
    text = f"@pulumi.input_type\nclass {name}:\n    def __init__(__self__, *{signature}):\n{sets}{getters}\n"
    return f"class {name}Dict(TypedDict):\n    pass\n\n{text}"


def _input(field: Field) -> str:
    return f"pulumi.Input[{field.kind}]" if field.required else f"pulumi.Input[Optional[{field.kind}]] = None"


def _value(field: Field) -> str:
    return repr(field.only) if field.only else field.name


def _getter(field: Field) -> str:
    decorator = f'pulumi.getter(name="{field.wire}")' if field.wire else "pulumi.getter"
    said = '"""\nclass of a docstring that begins at the margin\n        """' if field.wire else '"""One of them."""'
    head = f"    def {field.name}(self) -> {_input(field).partition(' = ')[0]}:"
    return f"""
    @_builtins.property
    @{decorator}
{head}
        {said}
        return pulumi.get(self, "{field.name}")
"""


def resource(name: str, token: str, fixed: str = "") -> str:
    """Return a resource class; `fixed` is a statement in which it sets an input itself."""
    return f"""
@pulumi.type_token("acme:x:{name}")
class {name}(pulumi.CustomResource):
    def _internal_init(__self__, resource_name, opts=None, __props__=None):
        if opts.id is None:
            __props__ = {name}Args.__new__({name}Args)
            {fixed or "pass"}
            __props__.__dict__["arn"] = None
        super({name}, __self__).__init__(
            {token},
            resource_name,
            __props__,
            opts)
"""


def enum(name: str, *values: str) -> str:
    """Return an enum class."""
    members = "".join(
        f'    V{place} = "{value}"\n    """\n    One of them.\n    """\n' for place, value in enumerate(values)
    )
    return f'@pulumi.type_token("acme:x:{name}")\nclass {name}(_builtins.str, Enum):\n{members}\n'


_STR, _INT = "_builtins.str", "_builtins.int"
BUCKET = arguments(
    "BucketArgs",
    Field("bucket_name", _STR, "bucketName", required=True),
    Field("size", _INT),
    Field("ratio", "_builtins.float"),
    Field("force_destroy", "_builtins.bool", "forceDestroy"),
    Field("acl", "Union[_builtins.str, 'Acl']"),
    Field("tier", "'Tier'"),
    Field("tags", "Mapping[str, pulumi.Input[_builtins.str]]"),
    Field("rules", "Sequence[pulumi.Input['RuleArgs']]"),
    Field("key", "'_crypt.v1.KeyArgs'"),
    Field("port", "Union[_builtins.int, _builtins.str]"),
    Field("target", "Union['TapeArgs', 'DiscArgs']"),
    Field("either", "Union['LeftArgs', 'RightArgs']"),
    Field("source", "Union[pulumi.Asset, pulumi.Archive]"),
    Field("owner", "Union[_builtins.str, 'Bucket']"),
    Field("extra", "Any"),
)
INPUTS = (
    arguments("RuleArgs", Field("prefix", _STR, required=True), Field("nested", "Sequence[pulumi.Input['RuleArgs']]"))
    + arguments("TapeArgs", Field("kind", _STR, required=True, only="Tape"), Field("length", _INT, required=True))
    + arguments("DiscArgs", Field("kind", _STR, required=True, only="Disc"), Field("sides", _INT))
    + arguments("LeftArgs", Field("left", _STR, required=True))
    + arguments("RightArgs", Field("right", _INT, required=True), Field("more", _INT, required=True))
)
POD = arguments(
    "PodArgs",
    Field("api_version", "Literal['apps/v1']", "apiVersion", only="apps/v1"),
    Field("spec", "Any", required=True),
)
CUSTOM = arguments(
    "CustomArgs", Field("api_version", _STR, "apiVersion", required=True), Field("kind", _STR, required=True)
)
FILES = {
    "__init__.py": 'raise RuntimeError("an SDK must never be imported")\n',
    "_utilities.py": "",
    "pulumi-plugin.json": '{"resource": true, "name": "acme", "version": "1.2.3"}\n',
    "store/__init__.py": "",
    "store/_enums.py": enum("Acl", "private", "public-read") + enum("Tier", "hot", "cold"),
    "store/_inputs.py": _HEAD.format(up="..") + INPUTS,
    "store/bucket.py": _HEAD.format(up="..") + BUCKET + resource("Bucket", "'acme:store/bucket:Bucket'"),
    "crypt/v1/_inputs.py": _HEAD.format(up="...") + arguments("KeyArgs", Field("key_id", _STR, "keyId", required=True)),
    "apps/v1/Pod.py": _HEAD.format(up="...")
    + POD
    + resource("Pod", "'acme:apps/v1:Pod'", "__props__.__dict__[\"api_version\"] = 'apps/v1'"),
    "net/v1/Route.py": _HEAD.format(up="...")
    + arguments("RouteArgs", Field("host", _STR))
    + resource("Route", "'acme:net.acme.io/v1:Route'"),
    "apps/Custom.py": _HEAD.format(up="..") + CUSTOM + resource("Custom", 'f"acme:{api_version}:{kind}"'),
}  # fmt: skip


def install(site: Path, version: str = "1.2.3", *, listed: bool = True) -> Path:
    """Put the SDK into a folder as an installer would, and return its root; `listed` is whether its files are."""
    root = site / PACKAGE
    for name, text in FILES.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    described = site / f"{PACKAGE}-{version}.dist-info"
    described.mkdir(exist_ok=True)
    (described / "METADATA").write_text(f"Metadata-Version: 2.1\nName: pulumi-acme\nVersion: {version}\n")
    (described / "RECORD").write_text(_record(site, root) if listed else "")
    return root


def _record(site: Path, root: Path) -> str:
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return "".join(
        f"{path.relative_to(site).as_posix()},sha256={hashlib.sha256(path.read_bytes()).hexdigest()},1\n"
        for path in files
    )
