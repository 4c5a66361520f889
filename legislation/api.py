class LawViewSet:
    pass
