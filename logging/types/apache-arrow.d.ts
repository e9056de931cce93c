/** What the types of @elastic/elasticsearch name of an optional package, which nothing here uses or installs. */
export type Table<_Types> = never;
export type TypeMap = never;
export type AsyncRecordBatchStreamReader = never;
