import type { ComponentChildren } from 'preact';
import { useId, useRef } from 'preact/hooks';
import { formatMoment } from '../format.ts';
import { type Cell, download, toCsv } from '../parts/csv.ts';
import { Info, type InfoProps } from '../parts/info.tsx';
import { ScrollBox } from '../parts/scroll-box.tsx';
import { hrefWith, listOf, navigate, toggled, useUrl } from '../url-state.ts';
import { exportPng } from './export-png.ts';

/** The numbers of a chart. */
export interface ChartTable {
  columns: string[];
  rows: Cell[][];
  /** As a person reads it; the file has plain numbers. */
  format: (value: number, column: number) => string;
  /** The name of a row, by default what its first cell says. */
  nameOf?: (index: number) => string;
}

interface ChartFigureProps {
  /** In the address, and in the names of files. */
  id: string;
  title: string;
  info?: Omit<InfoProps, 'name'>;
  /** The first, the last and the highest, or whatever it comes to. */
  summary: string;
  /** What an image of it says below: the period. */
  period: string;
  table: ChartTable;
  children: ComponentChildren;
}

/** A chart with its title, what it comes to, its numbers, and files of both. */
export function ChartFigure({ id, title, info, summary, period, table, children }: ChartFigureProps) {
  const { query } = useUrl();
  const figure = useRef<HTMLElement>(null);
  const titleId = useId();
  const open = listOf(query, 'tables');
  const isOpen = open.includes(id) || open.includes('all');
  const toggle = () => {
    const list = open.includes('all') ? null : toggled(query, 'tables', id);
    navigate(hrefWith({ tables: list }), { replace: true });
  };
  const toPng = async () => {
    const svg = figure.current?.querySelector<SVGSVGElement>('.chart svg');
    const source = `${period} · UTC days · Sitebeat, ${formatMoment(new Date().toISOString())}`;
    if (svg) await exportPng(svg, `${id}.png`, { title, source });
  };
  const toFile = () => download(`${id}.csv`, new Blob([toCsv(table.columns, table.rows)], { type: 'text/csv' }));
  return (
    <figure ref={figure} class="card" aria-labelledby={titleId}>
      <figcaption>
        <div class="card-head">
          <h2 id={titleId}>{title}</h2>
          {info && <Info {...info} name={title} />}
          <div class="card-tools">
            <button
              type="button"
              class="button small"
              aria-pressed={isOpen}
              onClick={toggle}
              aria-label={`Table: ${title}`}
            >
              Table
            </button>
            <button type="button" class="button small" onClick={toFile} aria-label={`CSV: ${title}`}>
              CSV
            </button>
            <button type="button" class="button small" onClick={toPng} aria-label={`PNG: ${title}`}>
              PNG
            </button>
          </div>
        </div>
        <p class="summary">{summary}</p>
      </figcaption>
      {children}
      <Numbers title={title} table={table} isOpen={isOpen} />
    </figure>
  );
}

/** Not seen unless asked for, but printed. */
function Numbers({ title, table, isOpen }: { title: string; table: ChartTable; isOpen: boolean }) {
  const numbers = <NumbersTable title={title} table={table} />;
  return isOpen ? (
    <ScrollBox label={`Numbers: ${title}`}>{numbers}</ScrollBox>
  ) : (
    <div class="numbers-behind">{numbers}</div>
  );
}

function NumbersTable({ title, table }: { title: string; table: ChartTable }) {
  const { columns, rows, format, nameOf = (index) => String(rows[index]?.[0] ?? '') } = table;
  const shown = (cell: Cell, column: number) => {
    if (cell === null) return '–';
    return typeof cell === 'number' ? format(cell, column) : <bdi>{cell}</bdi>;
  };
  return (
    <table>
      <caption class="unseen">{title}, days in UTC</caption>
      <thead>
        <tr>
          {columns.map((name, column) => (
            <th key={name} scope="col" class={column === 0 ? '' : 'number'}>
              <bdi>{name}</bdi>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, index) => (
          <tr key={String(row[0])}>
            {row.map((cell, column) =>
              column === 0 ? (
                <th key={columns[column]} scope="row">
                  <bdi>{nameOf(index)}</bdi>
                </th>
              ) : (
                <td key={columns[column]} class="number">
                  {shown(cell, column)}
                </td>
              ),
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
