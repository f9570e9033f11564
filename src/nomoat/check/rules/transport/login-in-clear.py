import ftplib
import imaplib
import smtplib
from ftplib import FTP, FTP_TLS

import requests


def mail(user, password, text):
    server = smtplib.SMTP("mail.example.com", 25)
    server.login(user, password)  # expect: login-in-clear
    server.sendmail("a@example.com", ["b@example.com"], text)


def fetch(user, password):
    imaplib.IMAP4("mail.example.com").login(user, password)  # expect: login-in-clear
    files = FTP("files.example.com")
    files.login(user, password)  # expect: login-in-clear
    requests.get("http://api.example.com/orders", auth=(user, password))  # expect: login-in-clear


def safe(user, password, text):
    server = smtplib.SMTP_SSL("mail.example.com")
    server.login(user, password)
    imaplib.IMAP4_SSL("mail.example.com").login(user, password)
    FTP_TLS("files.example.com").login(user, password)
    ftplib.FTP("files.example.com").login()
    requests.get("https://api.example.com/orders", auth=(user, password))
    requests.get("http://localhost:8000/orders", auth=(user, password))
    requests.get("http://api.example.com/orders")
