import os

import boto3

BUCKET = os.environ["INVOICES"]
s3 = boto3.client("s3")
queue = boto3.client("sqs")


def kept(body):  # store: writes s3:$INVOICES
    s3.put_object(Bucket=BUCKET, Key="a", Body=body)


def shown():  # store: reads s3:invoices
    return s3.get_object(Bucket="invoices", Key="a")


def sent(path):  # store: writes s3:reports
    boto3.resource("s3").Bucket("reports").upload_file(path, "a")


def other():  # store: nothing
    queue.get_object(Bucket="invoices")
