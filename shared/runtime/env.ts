import { Matches, validateSync } from 'class-validator';

/**
 * Reads environment variables into a class whose properties are their names and whose decorators say what they may be.
 * A variable that is unset or empty leaves the class's default. Throws one Error that names every wrong variable, and no value.
 */
export function readEnvironment<T extends object>(Variables: new () => T, env: NodeJS.ProcessEnv): T {
  const variables = new Variables();
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && value !== '') Object.assign(variables, { [name]: value });
  }
  const problems = validateSync(variables).flatMap(({ constraints }) => Object.values(constraints ?? {}));
  if (problems.length > 0) throw new Error(`environment: ${problems.join('; ')}`);
  return variables;
}

/** A `mongodb://` uri with its database. */
export const IsMongodbUri = () =>
  Matches(/^mongodb(\+srv)?:\/\/[^/]+\/[^?]+/, {
    message: '$property must be a mongodb:// uri that names the database',
  });
