class CaseViewSet:
    pass
