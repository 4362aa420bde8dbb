import { type Command, InvalidArgumentError } from 'commander';
import { CommandFailure, EXIT } from '../command-failure.ts';
import { type Output, type Shell, type Terminal, table } from '../terminal.ts';
import { ASSUMPTIONS, type Assumptions, originalBill, PRICES, sitebeatBill, sumOf } from './cost-model.ts';

interface CostOptions extends Output {
  payloadsPerDay: number;
  bytes: number;
  assume?: Partial<Assumptions>;
}

const HELP = `
List prices of ${PRICES.region}, read in ${PRICES.read}, before free tiers, without MongoDB and without the hourly rebuild, which goes by
sites: see terraform/README.md, Cost. The original design is a collector in Go that writes the same objects, and an hourly
Dataflow job that reads and loads them. It shows an event after up to an hour; Sitebeat after a second, which is what the difference buys.
Billed by instance (gcloud run services update NAME --no-cpu-throttling) a second costs less and a request nothing, but each
function has an instance all the time.

Assumptions, each for --assume:
${Object.entries(ASSUMPTIONS)
  .map(([name, value]) => `  ${name}=${value}`)
  .join('\n')}`;

/** `sitebeat cost` */
export function defineCost(command: Command, { terminal }: Shell): void {
  command

    .option('--payloads-per-day <count>', 'payloads a day', parseAmount, ASSUMPTIONS.payloadsPerDay)
    .option('--bytes <count>', 'bytes of a payload', parseAmount, ASSUMPTIONS.payloadBytes)
    .option('--assume <name=value>', 'another assumption than those below; may be given again', parseAssumption)
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(({ payloadsPerDay, bytes, assume, json }: CostOptions) => {
      const assumptions = { ...ASSUMPTIONS, payloadsPerDay, payloadBytes: bytes, ...assume };
      showCost(assumptions, terminal, json ? { json } : {});
    });
}

function parseAmount(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) throw new InvalidArgumentError('expected a number');
  return value;
}

function parseAssumption(text: string, earlier: Partial<Assumptions> = {}): Partial<Assumptions> {
  const [name = '', value = ''] = text.split('=', 2);
  if (!Object.hasOwn(ASSUMPTIONS, name)) throw new InvalidArgumentError(`no assumption is called ${name}`);
  return { ...earlier, [name]: parseAmount(value) };
}

function showCost(assumptions: Assumptions, terminal: Terminal, output: Output): void {
  const [sitebeat, original] = [sitebeatBill(assumptions), originalBill(assumptions)];
  const sums = { sitebeat: sumOf(sitebeat), original: sumOf(original) };
  const byInstance = {
    sitebeat: sumOf(sitebeatBill(assumptions, 'by instance')),
    original: sumOf(originalBill(assumptions, 'by instance')),
  };
  if (![sums, byInstance].flatMap(Object.values).every(Number.isFinite)) {
    throw new CommandFailure(EXIT.usage, 'these assumptions give no price: one that is divided by is 0');
  }
  const ratio = ratioOf(sums);
  terminal.result(
    {
      prices: PRICES,
      assumptions,
      sitebeat,
      original,
      sums,
      ratio,
      byInstance: { sums: byInstance, ratio: ratioOf(byInstance) },
    },
    () => {
      const parts = [...new Set([...Object.keys(sitebeat), ...Object.keys(original)])];
      const usd = (value: number | undefined) => (value === undefined ? '' : value.toFixed(2).padStart(10));
      const row = (part: string, own?: number, others?: number) => [
        part,
        usd(own),
        usd(others),
        usd((own ?? 0) - (others ?? 0)),
      ];
      const all = table(
        ['USD a month', '  sitebeat', '  original', 'difference'],
        [
          ...parts.map((part) => row(part, sitebeat[part], original[part])),
          row('sum', sums.sitebeat, sums.original),
          row('sum, billed by instance', byInstance.sitebeat, byInstance.original),
        ],
      );
      const times = [ratio, ratioOf(byInstance)].map((one) => one?.toFixed(2));
      return ratio === null ? all : `${all}\n\n${times[0]} times the original; billed by instance, ${times[1]} times`;
    },
    output,
  );
}

function ratioOf({ sitebeat, original }: { sitebeat: number; original: number }): number | null {
  return original === 0 ? null : sitebeat / original;
}
