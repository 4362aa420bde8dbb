import { IS_PROOF } from '../../shared/testing/in-proof.ts';
import type { Emulator } from '../emulator.ts';
import { findGoogleEmulator, startGoogleEmulator } from './contract-google.ts';
import { describePublishing } from './contract-publishing.ts';
import { describePulling } from './contract-pulling.ts';
import { describePushing } from './contract-pushing.ts';
import { describeStreaming } from './contract-streaming.ts';
import { describeSubscriptions } from './contract-subscriptions.ts';
import { Target } from './contract-target.ts';
import { startPubsub } from './index.ts';

// what the whole test run started for itself is not what somebody asked for
const embedded = (process.env.SITEBEAT_EMBEDDED ?? '').split(',').includes('PUBSUB_EMULATOR_HOST');
const given = embedded ? undefined : process.env.PUBSUB_EMULATOR_HOST;

function describeContract(name: string, start: () => Promise<Emulator | undefined>): void {
  describe(`the Pub/Sub contract, kept by ${name}`, () => {
    const target = new Target();
    let emulator: Emulator | undefined;
    before(async () => {
      emulator = await start();
      await target.open(emulator?.url ?? given ?? '');
    });
    after(async () => {
      await target.close();
      await emulator?.stop();
    });
    describePublishing(target);
    describeSubscriptions(target);
    describePulling(target);
    describeStreaming(target);
    describePushing(target);
  });
}

if (given === undefined) describeContract('the embedded emulator', startPubsub);
else describeContract(given, async () => undefined);

if (IS_PROOF && findGoogleEmulator() !== undefined) {
  describeContract("Google's emulator", startGoogleEmulator);
} else {
  const needs = "(skipped but in npm run proof:ci, where gcloud's pubsub-emulator and Java are installed)";
  it(`Google's emulator keeps the contract ${needs}`, function () {
    this.skip();
  });
}
