/** The image of the service, without its tag. */
export const service = 'ghcr.io/sightline-example/todo-api';
