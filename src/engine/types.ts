import pg from 'pg';

const INT8_OID = 20;
/** A `number`, not the literal: the typed list of identifiers has no arrays. */
const INT8_ARRAY_OID: number = 1016;

/** How the pools of every engine read column types: `int8` and `int8[]` as numbers, the rest as `pg` does. */
export function columnTypes(): pg.CustomTypesConfig {
  const types = new pg.TypeOverrides();
  const parseArray = pg.types.getTypeParser(INT8_ARRAY_OID) as unknown as (text: string) => (string | null)[];
  types.setTypeParser(INT8_OID, Number);
  types.setTypeParser(INT8_ARRAY_OID, (text) =>
    parseArray(text).map((element) => (element === null ? null : Number(element))),
  );
  return types;
}
