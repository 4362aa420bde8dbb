import type { ComponentChildren } from 'preact';

export interface Column<Row> {
  name: string;
  /** The first column is the row's heading. */
  cell: (row: Row) => ComponentChildren;
  kind?: 'number' | 'bar';
}

interface DataTableProps<Row> {
  caption: string;
  columns: Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row, index: number) => string;
}

/** On a phone a row becomes a card, and `display` takes a table's own roles away. */
const ROLES = {
  table: { role: 'table' },
  group: { role: 'rowgroup' },
  row: { role: 'row' },
  columnHead: { role: 'columnheader' },
  rowHead: { role: 'rowheader' },
  cell: { role: 'cell' },
} as const;

/** A table that becomes a card a row on a phone. */
export function DataTable<Row>({ caption, columns, rows, keyOf }: DataTableProps<Row>) {
  return (
    <table class="cards" {...ROLES.table}>
      <caption class="unseen">{caption}</caption>
      <thead {...ROLES.group}>
        <tr {...ROLES.row}>
          {columns.map(({ name, kind }) => (
            <th key={name} scope="col" {...ROLES.columnHead} class={classOf(kind)}>
              {kind === 'bar' ? <span class="unseen">{name}</span> : name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody {...ROLES.group}>
        {rows.map((row, index) => (
          <tr key={keyOf(row, index)} {...ROLES.row}>
            {columns.map((column, place) => (
              <TableCell key={column.name} column={column} row={row} isHead={place === 0} />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function TableCell<Row>({
  column: { name, kind, cell },
  row,
  isHead,
}: {
  column: Column<Row>;
  row: Row;
  isHead: boolean;
}) {
  const shared = { 'data-label': name, class: classOf(kind) };
  return isHead ? (
    <th scope="row" {...ROLES.rowHead} {...shared}>
      {cell(row)}
    </th>
  ) : (
    <td {...ROLES.cell} {...shared}>
      {cell(row)}
    </td>
  );
}

const classOf = (kind: Column<unknown>['kind']) => (kind === 'bar' ? 'bar-cell' : (kind ?? ''));
