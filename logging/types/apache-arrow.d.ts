/**
 * Types of an optional package that those of @elastic/elasticsearch name; nothing here uses or installs it.
 */
export type Table<_Types> = never;
export type TypeMap = never;
export type AsyncRecordBatchStreamReader = never;
