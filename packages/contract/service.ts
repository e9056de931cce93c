/** Name of the service: `service.name` in logs and traces, `job` in Prometheus. */
export const serviceName = 'todo-api';
