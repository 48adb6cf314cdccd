import type { Logger } from 'pino';
import { type Config, ConfigError, isLoopback } from './config.ts';
import { type Access, accessByKeys, OPEN_ACCESS } from './server/access.ts';
import type { AdmissionRules } from './server/admission.ts';

/**
 * Who may come in, as the settings say.
 * @throws ConfigError where there is to be a file of keys and it cannot be read
 */
export function admissionOf(config: Config, logger: Logger): AdmissionRules {
  const access = accessOf(config, logger);
  const localOnly = access.open && isLoopback(config.HOST);
  return {
    access,
    origins: { allowed: config.ALLOWED_ORIGINS, localOnly },
    requestsPerMinute: localOnly ? 0 : config.REQUESTS_PER_MINUTE,
  };
}

function accessOf({ API_KEYS_FILE: path }: Config, logger: Logger): Access {
  if (path === undefined) return OPEN_ACCESS;
  const onError = (error: unknown) => logger.error(error, 'the API keys stay as they were');
  try {
    return accessByKeys({ path, nowMs: Date.now, onError });
  } catch (error) {
    throw new ConfigError([
      `API_KEYS_FILE: ${(error as Error).message}; make one with "hyperdash key create"`,
    ]);
  }
}
