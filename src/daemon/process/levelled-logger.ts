import { createLogger, type Logger, type LoggerOptions, type LogLevel } from '../../core/log.ts'

/** A logger whose level can change: `level` is called for each line. */
export function createLevelledLogger(options: Omit<LoggerOptions, 'level'>, level: () => LogLevel): Logger {
  const at = (each: LogLevel) => createLogger({ ...options, level: each })
  const loggers = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  const logger = () => loggers[level()]
  return {
    debug: (message, fields) => logger().debug(message, fields),
    info: (message, fields) => logger().info(message, fields),
    warn: (message, fields) => logger().warn(message, fields),
    error: (message, fields) => logger().error(message, fields),
  }
}
