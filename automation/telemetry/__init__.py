"""What a driver tells monitoring: metrics in the exposition format of Prometheus, and whether it lives and is ready."""
