# Logs in with net-ssh to a host of an ssh_config, which it must know, and prints what a command says there: by the agent
# that ssh_config names, through another host if one is given, which is left to ssh, and with its agent forwarded for `-A`.
require 'net/ssh'
require 'net/ssh/proxy/jump'

is_forwarding = ARGV.delete('-A') != nil
config, name, command, through = ARGV
options = { config: config, keys: [], auth_methods: ['publickey'], verify_host_key: :always, non_interactive: true }
options[:forward_agent] = true if is_forwarding
options[:proxy] = Net::SSH::Proxy::Jump.new(through) if through
begin
  Net::SSH.start(name, nil, **options) { |session| print session.exec!(command) }
rescue Net::SSH::Exception => error
  abort "#{error.class}: #{error.message}"
end
