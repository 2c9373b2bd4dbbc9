"""Gateways of the lab: products that can't be had here, played by Traefik and a translator in front of it.

    documents --dialect--> routes (`model`) --`traefik`--> Traefik's configuration
    Traefik's numbers --`ledger`--> totals --dialect--> the product's metrics

A dialect is what differs from product to product (`dialect.Dialect`); `apisix` is the first.

Where the stand-in is not like APISIX: it does not try another pod when one refuses a connection; a pod that has gone
keeps its counters for as long as the gateway lives; Traefik's own share of a request's time is not told
(`apisix.series`). What a route asks for and does not get stands in the route's status.
"""
