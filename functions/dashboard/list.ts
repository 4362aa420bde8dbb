import { IsOptional, Matches, MaxLength } from 'class-validator';
import { type ListPage, MAX_LIMIT, type PageRequest, type Position } from '../../shared/stores/sites/list-page.ts';
import type { ListAnswer } from './api.ts';
import type { Answer, ProjectCall } from './call.ts';
import { notOfThisList, readCursor, writeCursor } from './cursor.ts';

/** What every list takes. */
export class ListQuery {
  @Matches(/^(?:[1-9]\d?|1\d\d|200)$/, { message: '$property must be 1 to 200' }) limit = '50';
  @IsOptional() @MaxLength(4000) cursor?: string;
}

interface Listing<Row> {
  /** Also what tells its cursors from those of others. */
  resource: string;
  read: (request: PageRequest) => Promise<ListPage<Row>>;
  reverse?: boolean;
}

/** A page of a list, as JSON. */
export async function pageAnswer<Row, Item>(
  call: ProjectCall,
  { limit, cursor }: ListQuery,
  { resource, read, reverse = false, item }: Listing<Row> & { item: (row: Row) => Item },
): Promise<Answer> {
  const after = readCursor(call, resource, cursor);
  const { rows, next, complete } = await withinBounds(() => read({ after, limit: Number(limit), reverse }));
  const body: ListAnswer<Item> = {
    items: rows.map(item),
    next: next === null ? null : writeCursor(call, resource, next),
    complete,
  };
  return { kind: 'fresh', body, next: body.next };
}

/** A position that lies outside of its list is nobody's that was given it. */
async function withinBounds<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof RangeError) throw notOfThisList();
    throw error;
  }
}

/** All of a list, page by page. */
export async function* pagesOf<Row, Item>({
  read,
  reverse = false,
  item,
}: Omit<Listing<Row>, 'resource'> & { item: (row: Row) => Item }): AsyncGenerator<Item[]> {
  let after: Position | undefined;
  do {
    const page = await read({ after, limit: MAX_LIMIT, reverse });
    if (page.rows.length > 0) yield page.rows.map(item);
    after = page.next ?? undefined;
  } while (after !== undefined);
}
