# Logs in with net-ssh by the agent of SSH_AUTH_SOCK alone, and prints what `echo in` says there.
require 'net/ssh'

port, user = ARGV
begin
  options = { port: port.to_i, keys: [], auth_methods: ['publickey'], config: false, verify_host_key: :never }
  Net::SSH.start('127.0.0.1', user, **options, non_interactive: true) { |session| print session.exec!('echo in') }
rescue Net::SSH::Exception => error
  abort "#{error.class}: #{error.message}"
end
