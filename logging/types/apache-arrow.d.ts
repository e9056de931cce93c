/** What @elastic/elasticsearch names of a package that it needs for one helper only, which isn't used here. */
export type TypeMap = Readonly<Record<string, unknown>>;
export type Table<Types extends TypeMap = TypeMap> = { readonly types?: Types };
export type AsyncRecordBatchStreamReader<Types extends TypeMap = TypeMap> = { readonly types?: Types };
