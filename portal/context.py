"""What every page's template can read."""


def portal(request):
    return {}
