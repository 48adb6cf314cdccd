/** A process that takes the data directory named on its command line, says `held`, and waits to be killed. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { lockDataDir } from '../../src/engine/data-dir-lock.ts';

lockDataDir(process.argv[2]!, { command: 'hyperdash serve' }).describe({ url: 'http://127.0.0.1:8000' });
// Nobody refers to the lock any more; it has to hold all the same.
setFlagsFromString('--expose-gc');
runInNewContext('gc')();
console.log('held');
setInterval(() => {}, 60_000);
