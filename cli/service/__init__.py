"""The service as a whole: started, kept running, stopped, looked after."""
