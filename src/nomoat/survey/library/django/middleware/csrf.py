"""Django: tokens against forged requests, given to everybody."""


def get_token(request):
    return "token"


def rotate_token(request):
    pass
