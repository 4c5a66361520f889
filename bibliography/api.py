class WorkViewSet:
    pass
