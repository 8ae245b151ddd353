"""What every task stands on: values, time, fixed point, schedule, events, parameters, health."""
