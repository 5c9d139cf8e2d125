"""Schedules: processes that launch by themselves at recurring times (engine 3.5, decision 16)."""
