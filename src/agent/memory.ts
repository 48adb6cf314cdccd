import { mem } from 'systeminformation';
import { type Reader, reading } from './reading.ts';

/** Reads `memory_usage`: the share of memory that is not available to a new program (caches are), 0–100. */
export function memoryReader(): Reader {
  return {
    subject: 'memory',
    async read() {
      const { total, available } = await mem();
      return [reading('memory_usage', ((total - available) / total) * 100, 'percent')];
    },
  };
}
