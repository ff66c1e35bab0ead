/**
 * What servers say where the one behind a login does not answer them, by method. They say it with the status of a wrong
 * secret, at a login and at the renewal of its token, for which LDAP and RADIUS ask anew.
 */
export const awayTexts = {
  ldap: /error connecting to host|LDAP Result Code 200|failed to connect to LDAP server|failed to re-bind with the BindDN user/,
  radius: /^(read|write|dial) udp\b|context deadline exceeded|i\/o timeout/,
}
