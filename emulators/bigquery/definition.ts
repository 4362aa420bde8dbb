import type { Catalog, EntryName } from './catalog.ts';
import { invalidQuery, notFound, ServiceError, unsupportedQuery } from './errors.ts';
import type { Executor, Statement } from './execute.ts';
import { readTable } from './resources.ts';
import type { Field } from './schema.ts';
import { type Definition, isDefinition, type Name, readDefinition } from './sql/definition-syntax.ts';
import { tokensOf } from './sql/lexer.ts';
import { entryAt } from './sql/translate.ts';

/** What a definition did, as `ddlOperationPerformed`. */
export type Operation = 'CREATE' | 'REPLACE' | 'SKIP' | 'ALTER' | 'DROP';

/** CREATE, ALTER and DROP: statements that change the catalog. */
export class DefinitionRunner {
  #catalog: Catalog;
  #executor: Executor;

  constructor(catalog: Catalog, executor: Executor) {
    this.#catalog = catalog;
    this.#executor = executor;
  }

  isDefinition(sql: string): boolean {
    return isDefinition(tokensOf(sql));
  }

  /** Runs the statement when it is a definition; else gives nothing. */
  async run(statement: Statement): Promise<{ operation: Operation } | undefined> {
    const tokens = tokensOf(statement.sql);
    if (!isDefinition(tokens)) return undefined;
    const definition = readDefinition(statement.sql, tokens);
    try {
      return { operation: await this.#perform(definition, statement) };
    } catch (error) {
      const isLenient = definition.name.lenient && error instanceof ServiceError;
      if (isLenient && (error.reason === 'duplicate' || error.reason === 'notFound')) return { operation: 'SKIP' };
      throw error;
    }
  }

  /** The columns of a query that a view or a table function is made of. Throws the query's error. */
  async fieldsOf(query: string, project: string): Promise<Field[]> {
    const statement: Statement = { sql: query, project, dataset: undefined, parameters: new Map() };
    const translation = this.#executor.translate(statement);
    if (translation.type !== 'SELECT') throw invalidQuery('A view must be a query');
    return this.#executor.fieldsOf(translation);
  }

  async #perform(definition: Definition, statement: Statement): Promise<Operation> {
    const { name } = definition;
    const isDataset =
      definition.kind === 'create schema' || (definition.kind === 'drop' && definition.what === 'schema');
    const at = isDataset ? datasetAt(name, statement) : entryAt(name.path, statement);
    switch (definition.kind) {
      case 'create table':
        return this.#createTable(definition, at, statement);
      case 'create view':
        return this.#createView(definition.query, name, at);
      case 'create function': {
        const { arguments: args, query } = definition;
        const existed = this.#catalog.routines(at).some((routine) => routine.name === at.name);
        await this.#catalog.createRoutine({ ...at, arguments: args, body: query, ...described(name) }, name.orReplace);
        return existed ? 'REPLACE' : 'CREATE';
      }
      case 'create schema': {
        await this.#catalog.createDataset(at, name.options);
        return 'CREATE';
      }
      case 'add columns':
        return this.#addColumns(definition, at);
      case 'drop':
        return this.#drop(definition, at);
    }
  }

  async #createTable(
    { name, query, partition, ...rest }: Definition & { kind: 'create table' },
    at: EntryName,
    statement: Statement,
  ): Promise<Operation> {
    expectOptions(name, 'description', 'require_partition_filter');
    const source = query === undefined ? undefined : { ...statement, sql: query };
    const result = source && (await this.#executor.run(this.#executor.translate(source), source, () => {}));
    const fields = rest.fields.length > 0 ? rest.fields : (result?.fields ?? []);
    const [field, type] = partition ?? [];
    const table = readTable(
      {
        schema: { fields },
        ...(field ? { timePartitioning: { field, type } } : {}),
        ...(rest.clustering ? { clustering: { fields: rest.clustering } } : {}),
        requirePartitionFilter: name.options.require_partition_filter,
        description: name.options.description,
      },
      at,
    );
    const existed = this.#catalog.findTable(at) !== undefined;
    await this.#catalog.createTable(table, name.orReplace, result?.rows);
    return existed ? 'REPLACE' : 'CREATE';
  }

  async #createView(query: string, name: Name, at: EntryName): Promise<Operation> {
    expectOptions(name, 'description');
    const fields = await this.fieldsOf(query, at.project);
    const before = this.#catalog.findTable(at);
    if (before !== undefined && before.query === undefined && name.orReplace) {
      throw invalidQuery(`${at.dataset}.${at.name} is not a view`);
    }
    const settings = name.options.description === undefined ? {} : { description: name.options.description };
    await this.#catalog.createTable({ ...at, fields, query, settings }, name.orReplace);
    return before === undefined ? 'CREATE' : 'REPLACE';
  }

  async #addColumns({ fields, ifNotExists }: Definition & { kind: 'add columns' }, at: EntryName): Promise<Operation> {
    const table = this.#catalog.table(at);
    if (table.query !== undefined) throw invalidQuery(`${at.dataset}.${at.name} is a view`);
    const names = new Set(table.fields.map(({ name }) => name.toLowerCase()));
    const added = fields.filter(({ name }) => !names.has(name.toLowerCase()));
    if (added.length < fields.length && !ifNotExists) {
      const repeated = fields.find(({ name }) => names.has(name.toLowerCase()));
      throw invalidQuery(`Column already exists: ${repeated?.name}`);
    }
    if (added.length > 0) await this.#catalog.patchTable(at, { fields: [...table.fields, ...added] });
    return 'ALTER';
  }

  async #drop({ what, cascade }: Definition & { kind: 'drop' }, at: EntryName): Promise<Operation> {
    if (what === 'schema') {
      await this.#catalog.deleteDataset(at, cascade);
    } else if (what === 'function') {
      await this.#catalog.deleteRoutine(at);
    } else {
      const isView = this.#catalog.table(at).query !== undefined;
      if (isView !== (what === 'view')) throw notFound(`${what} ${at.project}:${at.dataset}.${at.name}`);
      await this.#catalog.deleteTable(at);
    }
    return 'DROP';
  }
}

function datasetAt({ path }: Name, { project }: Statement): EntryName {
  const [dataset = '', first] = [...path].reverse();
  return { project: first ?? project, dataset, name: dataset };
}

const described = ({ options }: Name) =>
  typeof options.description === 'string' ? { description: options.description } : {};

function expectOptions({ options }: Name, ...known: string[]): void {
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown !== undefined) throw unsupportedQuery(`the option ${unknown}`);
}
