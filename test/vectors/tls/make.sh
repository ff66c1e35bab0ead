#!/bin/sh
# Makes the certificates of the TLS tests: a CA, servers for localhost (also 127.0.0.1 and vault.example.test), for
# another name, for localhost alone and one that expired, a client, and a CA that signed none of them. They are for tests
# only, so that their keys lie open here. Run in this folder with OpenSSL 3; the results are committed, and hold from 2020 to 2120.
set -eu
here=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat >ca.conf <<EOF
[ca]
default_ca = own
[own]
database = index.txt
rand_serial = yes
new_certs_dir = .
default_md = sha256
policy = any
email_in_dn = no
unique_subject = no
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
EOF
touch index.txt

# sign NAME COMMON-NAME EXTENSIONS LAST-DAY OPTIONS…: makes a key and has it certified.
sign() {
  name=$1 common=$2 last=$4
  printf '%s\n' "$3" >extensions
  shift 4
  openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$name-key.pem"
  openssl req -new -config ca.conf -key "$name-key.pem" -subj "/CN=$common" -out request
  openssl ca -batch -notext -config ca.conf -in request -out "$name.pem" -extfile extensions \
    -startdate 20200101000000Z -enddate "${last}000000Z" "$@"
}
is_ca='basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign'
names='subjectAltName=DNS:localhost,DNS:vault.example.test,IP:127.0.0.1'

sign ca 'latchkey test CA' "$is_ca" 21200101 -selfsign -keyfile ca-key.pem
sign other-ca 'another CA' "$is_ca" 21200101 -selfsign -keyfile other-ca-key.pem
by_ca='-cert ca.pem -keyfile ca-key.pem'
sign server localhost "$names" 21200101 $by_ca
sign elsewhere elsewhere subjectAltName=DNS:elsewhere.example.test 21200101 $by_ca
sign localhost localhost subjectAltName=DNS:localhost 21200101 $by_ca
sign expired localhost "$names" 20200102 $by_ca
sign client jo extendedKeyUsage=clientAuth 21200101 $by_ca

cp ca.pem other-ca.pem server*.pem elsewhere*.pem localhost*.pem expired*.pem client*.pem "$here"
