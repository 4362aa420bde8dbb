import assert from 'node:assert/strict';
import { archiveConfig, historyConfig, logConfig, mongodbConfig, queryConfig, readParts } from './env.ts';

describe('readParts', () => {
  const GIVEN = {
    ARCHIVE_BUCKET: 'archive',
    GOOGLE_CLOUD_PROJECT: 'project',
    MONGODB_URI: 'mongodb://user:secret@host:27017/sitebeat?tls=true',
  };

  it('reads what is given, and defaults for the rest', () => {
    const env = { ...GIVEN, LOG_LEVEL: '' };
    assert.deepEqual(readParts(env, archiveConfig, historyConfig, queryConfig, mongodbConfig, logConfig), {
      bucket: 'archive',
      projectId: 'project',
      dataset: 'sitebeat',
      maxBytesBilled: 274_877_906_944,
      mongodbUri: GIVEN.MONGODB_URI,
      maxPoolSize: 10,
      logLevel: 'INFO',
    });
  });

  it('names every wrong variable at once, and no value', () => {
    const env = { MONGODB_URI: 'mongodb://user:secret@host', MONGODB_POOL_SIZE: 'many', LOG_LEVEL: 'LOUD' };
    assert.throws(
      () => readParts(env, archiveConfig, mongodbConfig, logConfig),
      ({ message }: Error) =>
        ['ARCHIVE_BUCKET', 'MONGODB_URI', 'MONGODB_POOL_SIZE', 'LOG_LEVEL'].every((name) => message.includes(name)) &&
        !/secret|many|LOUD/.test(message),
    );
  });
});
