/** The three requests that are measured, each as often as fits, on all variants alike. */
export const kinds = ['get', 'list', 'create'] as const;
export type Kind = (typeof kinds)[number];

export const titles: Readonly<Record<Kind, string>> = {
  get: 'GET /v1/todos/:id',
  list: 'GET /v1/todos?limit=20',
  create: 'POST /v1/todos',
};
