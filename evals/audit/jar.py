"""Lists the libraries inside TorchServe's server, a jar into which its build has unpacked some
forty others.

The build leaves their Maven descriptions out (`META-INF/maven`), so a part is known by the packages
of its classes, and its version by what else of it tells one. Where nothing does, the version is
unknown and is called so: a guess would hide a hole or invent one.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One library. version: None where the jar does not tell it. told_by: the file that does, or
    the package of its classes."""

    group: str
    name: str
    version: str | None
    told_by: str

    @property
    def purl(self) -> str:
        """Its package URL."""
        return f"pkg:maven/{self.group}/{self.name}" + (f"@{self.version}" if self.version else "")


_Told = Callable[[ZipFile], tuple[str, str] | None]


def parts(jar: Path) -> list[Part]:
    """Every library inside, by group and name; `?` stands for packages of classes that none of the
    known ones has."""
    with ZipFile(jar) as opened:
        found = {(part.group, part.name): part for part in _all(opened)}
    return [part for _, part in sorted(found.items())]


def _all(jar: ZipFile) -> Iterator[Part]:
    classes = (_VERSIONED.sub("", name) for name in jar.namelist() if name.endswith(".class"))
    packages = {name.rpartition("/")[0] + "/" for name in classes if name != "module-info.class"}
    for prefixes, group, name, told in _KNOWN:
        own = {package for package in packages if package.startswith(prefixes)}
        if own:
            version, by = (told and told(jar)) or (None, min(own))
            yield Part(group=group, name=name, version=version, told_by=by)
            packages -= own
    for package in sorted(packages):
        yield Part(
            group="?", name=package.strip("/").replace("/", "."), version=None, told_by=package
        )
    yield from _netty(jar)
    yield from _maven(jar)
    yield from _scripts(jar)


def _netty(jar: ZipFile) -> Iterator[Part]:
    """Netty's own list; it is one file for all of its parts."""
    for name, version in re.findall(r"^([\w-]+)\.version=(\S+)", _text(jar, _NETTY), re.MULTILINE):
        yield Part(group="io.netty", name=name, version=version, told_by=_NETTY)


def _maven(jar: ZipFile) -> Iterator[Part]:
    """What a later build may leave in."""
    for file in jar.namelist():
        if file.startswith("META-INF/maven/") and file.endswith("/pom.properties"):
            told = dict(re.findall(r"^(\w+)=(\S+)", _text(jar, file), re.MULTILINE))
            yield Part(
                group=told["groupId"],
                name=told["artifactId"],
                version=told["version"],
                told_by=file,
            )


def _scripts(jar: ZipFile) -> Iterator[Part]:
    """Libraries for browsers, packed as jars."""
    for file in jar.namelist():
        if found := re.match(r"META-INF/resources/webjars/([\w.-]+)/([\w.-]+)/.", file):
            yield Part(group="org.webjars", name=found[1], version=found[2], told_by=found[0][:-1])


def _constant(file: str) -> _Told:
    """The first text among a class's constants that is a version."""

    def told(jar: ZipFile) -> tuple[str, str] | None:
        content = jar.read(file) if file in jar.namelist() else b""
        found = re.search(rb"\x01\x00.(\d+\.\d+\.\d+)(?=[\x00-\x14])", content, re.DOTALL)
        return (found[1].decode(), file) if found else None

    return told


def _line(file: str, pattern: str) -> _Told:
    """What the pattern finds in a text file."""

    def told(jar: ZipFile) -> tuple[str, str] | None:
        found = re.search(pattern, _text(jar, file), re.MULTILINE)
        return (found[1], file) if found else None

    return told


def _text(jar: ZipFile, file: str) -> str:
    return jar.read(file).decode("utf-8", "replace") if file in jar.namelist() else ""


_VERSIONED = re.compile(r"^META-INF/versions/\d+/")
_NETTY = "META-INF/io.netty.versions.properties"
_NEEDS = "META-INF/DEPENDENCIES"
_GRPC = _constant("io/grpc/internal/GrpcUtil.class")
_LOG4J = _line(_NEEDS, r"org\.apache\.logging\.log4j:log4j-core:jar:(\S+)")
_GROOVY = _line("META-INF/groovy-release-info.properties", r"^ImplementationVersion=(\S+)")

_KNOWN: tuple[tuple[tuple[str, ...], str, str, _Told | None], ...] = (
    (("org/pytorch/serve/servingsdk/",), "org.pytorch", "torchserve-plugins-sdk", None),
    (("org/pytorch/serve/",), "org.pytorch", "torchserve-frontend", None),
    (("io/netty/",), "io.netty", "netty-all", _line(_NETTY, r"^netty-common\.version=(\S+)")),
    (("io/grpc/netty/shaded/",), "io.grpc", "grpc-netty-shaded", _GRPC),
    (("io/grpc/protobuf/",), "io.grpc", "grpc-protobuf", _GRPC),
    (("io/grpc/stub/",), "io.grpc", "grpc-stub", _GRPC),
    (("io/grpc/",), "io.grpc", "grpc-core", _GRPC),
    (("io/perfmark/",), "io.perfmark", "perfmark-api", None),
    (("io/prometheus/client/",), "io.prometheus", "simpleclient", None),
    (("org/apache/logging/slf4j/",), "org.apache.logging.log4j", "log4j-slf4j-impl", _LOG4J),
    (("org/apache/logging/log4j/",), "org.apache.logging.log4j", "log4j-core", _LOG4J),
    (("org/slf4j/",), "org.slf4j", "slf4j-api", _line(_NEEDS, r"org\.slf4j:slf4j-api:jar:(\S+)")),
    (("com/lmax/disruptor/",), "com.lmax", "disruptor", None),
    (("org/yaml/snakeyaml/",), "org.yaml", "snakeyaml", None),
    (
        ("com/google/gson/",),
        "com.google.code.gson",
        "gson",
        _constant("com/google/gson/internal/GsonBuildConfig.class"),
    ),
    (("com/google/protobuf/",), "com.google.protobuf", "protobuf-java", None),
    (
        tuple(
            f"com/google/{name}/"
            for name in ("api", "cloud", "geo", "logging", "longrunning", "rpc", "type")
        ),
        "com.google.api.grpc",
        "proto-google-common-protos",
        None,
    ),
    (("com/google/common/", "com/google/thirdparty/"), "com.google.guava", "guava", None),
    (("com/google/errorprone/",), "com.google.errorprone", "error_prone_annotations", None),
    (("com/google/j2objc/",), "com.google.j2objc", "j2objc-annotations", None),
    (("android/annotation/",), "com.google.android", "annotations", None),
    (("javax/annotation/",), "com.google.code.findbugs", "jsr305", None),
    (("org/checkerframework/",), "org.checkerframework", "checker-qual", None),
    (("org/codehaus/mojo/",), "org.codehaus.mojo", "animal-sniffer-annotations", None),
    (("org/apache/commons/cli/",), "commons-cli", "commons-cli", None),
    (("org/apache/commons/io/",), "commons-io", "commons-io", None),
    (("org/apache/commons/compress/",), "org.apache.commons", "commons-compress", None),
    # Not needed to serve: the build takes them along.
    (
        (
            *("groovyjarjarpicocli/", "groovyjarjarasm/", "groovyjarjarantlr/"),
            *("groovyjarjarantlr4/", "groovy/", "org/codehaus/groovy/", "org/apache/groovy/"),
        ),
        "org.codehaus.groovy",
        "groovy-all",
        _GROOVY,
    ),
    (("picocli/",), "info.picocli", "picocli", _constant("picocli/CommandLine.class")),
    (("jline/",), "jline", "jline", None),
    (("org/fusesource/",), "org.fusesource.jansi", "jansi", None),
    (
        ("org/apache/tools/",),
        "org.apache.ant",
        "ant",
        _line("org/apache/tools/ant/version.txt", r"^VERSION=(\S+)"),
    ),
    (("com/github/javaparser/",), "com.github.javaparser", "javaparser-core", None),
    (("com/thoughtworks/qdox/",), "com.thoughtworks.qdox", "qdox", None),
    (("com/beust/jcommander/",), "com.beust", "jcommander", None),
    (("org/testng/",), "org.testng", "testng", None),
    (("org/junit/jupiter/",), "org.junit.jupiter", "junit-jupiter", None),
    (("org/junit/platform/",), "org.junit.platform", "junit-platform-commons", None),
    (("org/opentest4j/",), "org.opentest4j", "opentest4j", None),
    (
        ("org/junit/", "junit/"),
        "junit",
        "junit",
        _constant("junit/runner/Version.class"),
    ),
    (("org/hamcrest/",), "org.hamcrest", "hamcrest-core", None),
)
"""Packages of classes, group, name, and what tells the version; the first that fits has a
package."""
