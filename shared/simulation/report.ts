import type { FormValue } from './form.ts';
import type { Random } from './random.ts';

/** What a client sends, before it is encoded. */
export type Payload = Record<string, FormValue>;

const VERSIONS = [
  ['3.2.1', 50],
  ['3.2.0', 20],
  ['3.1.4', 15],
  ['3.0.9', 10],
  ['2.8.0', 5],
] as const;
const PHP = [
  ['8.3.14', 25],
  ['8.2.27', 30],
  ['8.1.31', 20],
  ['8.0.30', 8],
  ['7.4.33', 15],
  ['5.6.40', 2],
] as const;
const DATABASES = [
  ['10.11.10', 30],
  ['10.6.20', 25],
  ['11.4.4', 8],
  ['8.0.40', 25],
  ['5.7.44', 10],
  ['8.4.3', 2],
] as const;
const WORDPRESS = [
  ['6.8.1', 45],
  ['6.7.2', 25],
  ['6.6.2', 12],
  ['6.4.5', 8],
  ['6.1.9', 6],
  ['5.9.10', 4],
] as const;
const SERVERS = [
  ['nginx/1.24.0', 40],
  ['Apache/2.4.62 (Debian)', 30],
  ['LiteSpeed', 22],
  ['Apache', 6],
  ['Microsoft-IIS/10.0', 2],
] as const;
const THEMES = [
  ['astra', 25],
  ['hello-elementor', 20],
  ['twentytwentyfive', 20],
  ['generatepress', 12],
  ['kadence', 13],
  ['divi', 10],
] as const;
const LOCALES = [
  ['en_US', 50],
  ['de_DE', 12],
  ['fr_FR', 9],
  ['es_ES', 9],
  ['pt_BR', 7],
  ['ja', 5],
  ['ru_RU', 4],
  ['bn_BD', 4],
] as const;
export const REASONS = [
  ['found-better-plugin', 25],
  ['not-have-that-feature', 20],
  ['is-not-working', 15],
  ['none', 15],
  ['too-slow', 10],
  ['could-not-understand', 10],
  ['renamed-long-ago', 5],
] as const;
/** Networks of universities and public services of several countries. */
const NETWORKS = [
  ['131.188.0', 25],
  ['8.8.8', 30],
  ['81.2.69', 15],
  ['80.67.169', 10],
  ['177.54.144', 10],
  ['103.4.145', 6],
  ['196.216.2', 4],
] as const;
const PLUGINS = [
  ['woocommerce', 45],
  ['elementor', 40],
  ['wordpress-seo', 55],
  ['contact-form-7', 35],
  ['jetpack', 20],
  ['404page', 5],
] as const;
export const WORDS = [
  'alpine',
  'amber',
  'birch',
  'cedar',
  'coral',
  'delta',
  'ember',
  'fjord',
  'grove',
  'harbor',
  'iris',
  'juniper',
  'lotus',
  'maple',
  'nimbus',
  'opal',
] as const;
export const TRADES = [
  'bakery',
  'books',
  'clinic',
  'garden',
  'law',
  'music',
  'photo',
  'shop',
  'studio',
  'travel',
] as const;
const NAMES = ['Ada', 'Bo', 'Chidi', 'Dana', 'Emre', 'Fatima', 'Goran', 'Hana', 'Ines', 'Jonas'] as const;

/** As client 2.0.4 writes it. */
export function currentReport(random: Random, url: string, hash: string): Payload {
  const theme = random.weighted(THEMES);
  const administrators = random.integer(1, 3);
  const subscribers = random.integer(0, 400);
  return {
    url,
    site: `${random.pick(NAMES)}&#039;s ${random.pick(TRADES)} &amp; friends`,
    admin_email: `owner@${new URL(url).hostname}`,
    first_name: random.pick(NAMES),
    last_name: 'Example',
    hash,
    server: {
      software: random.weighted(SERVERS),
      php_version: random.weighted(PHP),
      mysql_version: random.weighted(DATABASES),
      php_max_upload_size: random.pick(['2 MB', '64 Mo', '128 MB', '2 МБ']),
      php_default_timezone: 'UTC',
      php_soap: random.pick(['Yes', 'No']),
      php_fsockopen: 'Yes',
      php_curl: 'Yes',
    },
    wp: {
      memory_limit: random.pick(['40M', '64M', '256M']),
      debug_mode: random.chance(0.05) ? 'Yes' : 'No',
      locale: random.weighted(LOCALES),
      version: random.weighted(WORDPRESS),
      multisite: random.chance(0.06) ? 'Yes' : 'No',
      theme_slug: theme,
      theme_name: theme,
      theme_version: '1.0',
    },
    users: { total: administrators + subscribers, administrator: administrators, subscriber: subscribers },
    active_plugins: random.integer(3, 40),
    inactive_plugins: random.integer(0, 8),
    ip_address: `${random.weighted(NETWORKS)}.${random.integer(1, 254)}`,
    project_version: random.weighted(VERSIONS),
    tracking_skipped: 0,
    is_local: 0,
    plugins: simulatedPlugins(random),
    extra: {
      plan: random.weighted([
        ['free', 70],
        ['pro', 25],
        ['agency', 5],
      ]),
      forms_count: random.integer(0, 30),
    },
    client: '2.0.4',
    // what a newer client may add one day
    ...(random.chance(0.03) && { php_extensions: 'gd,intl' }),
  };
}

function simulatedPlugins(random: Random): Payload {
  const slugs = PLUGINS.filter(([, likelihood]) => random.chance(likelihood / 100)).map(([slug]) => slug);
  return Object.fromEntries(
    slugs.map((slug) => [slug, { name: slug, version: `${random.integer(1, 9)}.${random.integer(0, 9)}` }]),
  );
}

/** As clients before 1.1.12 wrote it: `version` and a top-level `theme`, no tracking_skipped, no is_local. */
export function oldReport(random: Random, url: string, hash: string): Payload {
  return {
    url,
    site: 'An old blog',
    admin_email: `owner@${new URL(url).hostname}`,
    hash,
    server: { php_version: '7.2.34', mysql_version: '5.7.33' },
    wp: { locale: 'en_US', version: '5.2.21', multisite: 'No' },
    users: { total: 1, administrator: 1, editor: 0 },
    active_plugins: random.integer(1, 20),
    inactive_plugins: 0,
    theme: 'twentynineteen',
    version: '1.4.0',
    client: '1.1.11',
  };
}
