import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { capturedEvent, TEST_PROJECT } from '../../shared/testing/events.ts';

/** A body that somebody could send to one of collect's routes. */
export interface HostileBody {
  title: string;
  path: string;
  headers: Record<string, string>;
  body: Buffer;
}

const { hash } = TEST_PROJECT;
const FORM = 'application/x-www-form-urlencoded';
const JSON_TYPE = 'application/json';
const MIB = 1024 * 1024;
const START = `hash=${hash}&url=https%3A%2F%2Fa.example&`;

const TYPES = [
  FORM,
  JSON_TYPE,
  'text/plain',
  'application/octet-stream',
  `${FORM}; charset=utf-16le`,
  'charset=nothing',
  '',
];
const PATHS = ['/track', '/deactivate', '/tracking-skipped', '//track/'];
const USER_AGENTS = ['', 'Appsero/6ea0a65d4dee544e5e0f4ff88b2e1c30;', '\u00ff'.repeat(50)];

/** Names that the pipeline reads, or that JavaScript, MongoDB or BigQuery could trip over. */
const NAMES = [
  ...[
    'hash',
    'url',
    'site',
    'admin_email',
    'first_name',
    'server',
    'wp',
    'users',
    'extra',
    'plugins',
    'reason_id',
    'reason_info',
  ],
  ...[
    'ip_address',
    'project_version',
    'version',
    'theme',
    'previously_skipped',
    'is_local',
    'client',
    'active_plugins',
  ],
  ...[
    'php_version',
    'mysql_version',
    'software',
    'locale',
    'total',
    'plan',
    'forms_count',
    'a.b',
    'name',
    'theme_slug',
  ],
  ...[
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    '$where',
    '$set',
    '',
    ' ',
    '.',
    'a.',
    '\0',
    '[',
    ']',
    '404',
  ],
];

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.webUrl(),
  fc.constantFrom(
    'https://a.example',
    'http://http://a.example',
    'http://[::1]',
    '\ud800',
    '1e999',
    '-0',
    'NaN',
    '8.2',
    '\0',
  ),
);
const scalar = fc.oneof(text, fc.double(), fc.integer(), fc.bigInt().map(String), fc.constantFrom(null, true, false));
const name = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...NAMES) }, text);

const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'hostile' },
    scalar,
    fc.array(tie('tree'), { maxLength: 4, depthIdentifier: 'hostile' }),
    fc
      .array(fc.tuple(name, tie('tree')), { maxLength: 6, depthIdentifier: 'hostile' })
      .map((pairs) => Object.fromEntries(pairs)),
  ),
}));

/** Most of them name a project and a site, or nothing of the pipeline would be reached. */
const json = fc.tuple(fc.array(fc.tuple(name, tree), { maxLength: 12 }), fc.nat(9)).map(([pairs, odd]) =>
  JSON.stringify({
    hash,
    url: 'https://a.example',
    ...(odd === 0 ? { hash: '' } : {}),
    ...Object.fromEntries(pairs),
  }),
);

const encoded = fc.oneof(text, name).map((raw) => encodeURIComponent(raw.toWellFormed()));
const key = fc
  .tuple(encoded, fc.array(fc.oneof(encoded, fc.constantFrom('', '0', '[', ']')), { maxLength: 3 }))
  .map(([first, rest]) => first + rest.map((step) => `[${step}]`).join(''));
const form = fc
  .array(fc.tuple(key, fc.oneof(encoded, fc.string({ maxLength: 20 }))), { maxLength: 20 })
  .map((pairs) => START + pairs.map(([left, right]) => `${left}=${right}`).join('&'));

const captured = (['track', 'deactivate', 'tracking-skipped'] as const).map((kind) =>
  JSON.stringify(capturedEvent(kind).payload),
);
/** A real payload with bytes put over it, and its end cut. */
const damaged = fc
  .tuple(fc.constantFrom(...captured), fc.array(fc.tuple(fc.nat(4000), fc.nat(255)), { maxLength: 6 }), fc.nat(9))
  .map(([whole, changes, cut]) => {
    const bytes = Buffer.from(whole);
    for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
    return cut === 0 ? bytes.subarray(0, bytes.length / 2) : bytes;
  });

/** Bodies made at random. */
export const hostileBodies: fc.Arbitrary<HostileBody> = fc
  .record({
    path: fc.constantFrom(...PATHS),
    type: fc.constantFrom(...TYPES),
    userAgent: fc.constantFrom(...USER_AGENTS),
    body: fc.oneof(
      json.map((made) => Buffer.from(made)),
      form.map((made) => Buffer.from(made)),
      damaged,
      fc.uint8Array({ maxLength: 300 }).map((made) => Buffer.concat([Buffer.from(START), made])),
      fc.uint8Array({ maxLength: 100 }).map((made) => Buffer.from(made)),
    ),
  })
  .map(({ path, type, userAgent, body }) => ({
    title: 'made at random',
    path,
    headers: { 'content-type': type, 'user-agent': userAgent },
    body,
  }));

const pairs = (count: number, pair: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => pair(n)).join('&');
const nested = (open: string, close: string, depth: number) =>
  `{"hash":"${hash}","a":${open.repeat(depth)}1${close.repeat(depth)}}`;
const bomb = Buffer.alloc(50 * MIB);

const FORMS: Record<string, string | Buffer> = {
  'brackets that open': `${START}a${'['.repeat(MIB - 100)}`,
  'brackets that nest': `${START}a${'[b]'.repeat(300_000)}=1`,
  'brackets that nest in each of many keys': START + pairs(2000, (n) => `k${n}${'[]'.repeat(200)}=1`),
  '100,000 keys': START + pairs(100_000, (n) => `${n}=`),
  '100,000 values of one key': START + pairs(100_000, () => 'a[]=1'),
  '3,000 plugins': START + pairs(3000, (n) => `plugins[${n}][name]=`),
  '5,000 custom fields': START + pairs(4990, (n) => `extra[${n}]`),
  'nothing but ampersands': START + '&'.repeat(MIB - 100),
  'nothing but percent signs': START + '%'.repeat(MIB - 100),
  'a megabyte of control characters, and a cut character': Buffer.concat([
    Buffer.from(`${START}a=`),
    Buffer.alloc(MIB - 200, 1),
    Buffer.from([0xc3]),
  ]),
  'characters that are cut': `${START}site=%C3&first_name=%E5%95&admin_email=%F0%9F%98@a.example`,
  'NUL in keys and values': `${START}a%00b=1&plugins[a%00b][name]=x%00y&extra[%00]=1&users[a%00]=2&site=%00`,
  'keys that MongoDB reads': `${START}extra[$set][a]=1&users[$inc]=1&users[a.b]=2&plugins[.][name]=x&plugins[$where][name]=y`,
  'keys of every object': `${START}__proto__[x]=1&extra[__proto__]=2&users[constructor]=3&users[__proto__]=4&plugins[__proto__][name]=5`,
  'a url of half a megabyte': `hash=${hash}&url=https%3A%2F%2Fa.example%2F${'x'.repeat(MIB / 2)}`,
  'a host of half a megabyte': `hash=${hash}&url=https%3A%2F%2F${'a.'.repeat(MIB / 4)}example`,
  'texts of 100 KB in each field':
    START +
    pairs(
      9,
      (n) =>
        `${['site', 'admin_email', 'first_name', 'last_name', 'client', 'reason_info', 'reason_id', 'wp[locale]', 'server[software]'][n]}=${'ü'.repeat(25_000)}`,
    ),
};

const JSONS: Record<string, string> = {
  'arrays that nest': nested('[', ']', 400_000),
  'objects that nest': nested('{"a":', '}', 150_000),
  'nesting that is just taken': nested('[', ']', 1990),
  '100,000 keys in JSON': `{"hash":"${hash}",${Array.from({ length: 80_000 }, (_, n) => `"${n}":1`).join(',')}}`,
  'keys that are equal': `{"hash":"x","hash":"${hash}","url":"https://a.example","url":{"a":1},"url":"https://b.example"${',"a":1'.repeat(100_000)}}`,
  'numbers that are huge': `{"hash":"${hash}","url":"https://a.example","active_plugins":1e999999,"users":{"total":${'9'.repeat(100_000)},"a":-0,"b":1e-999},"extra":{"forms_count":1${'0'.repeat(400)},"plan":9007199254740993}}`,
  'half characters': `{"hash":"${hash}","url":"https://a.example","site":"\\ud800","users":{"\\udfff":1},"extra":{"plan":"\\udc00x"}}`,
  '__proto__ in JSON': `{"hash":"${hash}","url":"https://a.example","__proto__":{"url":"x"},"users":{"__proto__":1},"extra":{"__proto__":{"plan":1},"constructor":{"prototype":1}}}`,
  'other types in every field': `{"hash":"${hash}","url":"https://a.example","site":{},"server":[],"wp":7,"users":[1,{"a":[]}],"plugins":"x","extra":[[]],"active_plugins":{},"ip_address":[],"is_local":{},"reason_id":[1],"reason_info":{}}`,
  'a date before all': `{"hash":"${hash}","url":"https://a.example","extra":{"plan":"-271821-04-20","forms_count":"1e400"}}`,
  'a url that is an object': `{"hash":"${hash}","url":{"toString":"x"}}`,
  'a hash with everything': `{"hash":"\\u0000${'h'.repeat(100_000)}","url":"https://a.example"}`,
};

const COMPRESSED: Record<string, Buffer> = {
  gzip: gzipSync(bomb),
  deflate: deflateSync(bomb),
  br: brotliCompressSync(bomb),
};

/** Bodies that were thought out. */
export const HANDMADE_BODIES: HostileBody[] = [
  ...Object.entries(FORMS).map(([title, body]) => ({
    title,
    headers: { 'content-type': FORM },
    body: Buffer.from(body),
  })),
  ...Object.entries(JSONS).map(([title, body]) => ({
    title,
    headers: { 'content-type': JSON_TYPE },
    body: Buffer.from(body),
  })),
  ...Object.entries(COMPRESSED).flatMap(([coding, body]) => [
    { title: `a bomb in ${coding}`, headers: { 'content-type': FORM, 'content-encoding': coding }, body },
    { title: `a bomb in ${coding} that says nothing`, headers: { 'content-type': FORM }, body },
  ]),
].map((one, index) => ({ ...one, path: PATHS[index % PATHS.length] as string }));
