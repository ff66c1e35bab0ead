#!/bin/sh
# Makes the public keys and certificates of this folder with ssh-keygen, and what `ssh-keygen -L` says of each.
# The private keys live in a scratch folder and are thrown away, so that a second run makes other files.
# FIDO keys need no device here: a CA signs the public half alone, and any point will do for that.
set -eu
out=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
export TZ=UTC

key() { ssh-keygen -q -N '' -C "$1" -f "$1" -t "$2" ${3:+-b "$3"}; }
key ca-ed25519 ed25519
key ca-ecdsa256 ecdsa 256
key ca-ecdsa384 ecdsa 384
key ca-ecdsa521 ecdsa 521
key ca-rsa rsa 2048
key ed25519 ed25519
key ecdsa256 ecdsa 256
key ecdsa384 ecdsa 384
key ecdsa521 ecdsa 521
key rsa1024 rsa 1024
key rsa2048 rsa 2048

sk() {
	node -e '
		const [name, plain] = process.argv.slice(1)
		const string = (bytes) => { const b = Buffer.from(bytes); const l = Buffer.alloc(4); l.writeUInt32BE(b.length); return Buffer.concat([l, b]) }
		const blob = Buffer.from(require("fs").readFileSync(plain + ".pub", "utf8").split(" ")[1], "base64")
		const fields = blob.subarray(4 + blob.readUInt32BE(0))
		console.log(name, Buffer.concat([string(name), fields, string("ssh:")]).toString("base64"), process.argv[3])
	' "$2" "$3" "$1" >"$1.pub"
}
sk sk-ed25519 sk-ssh-ed25519@openssh.com ed25519
sk sk-ecdsa256 sk-ecdsa-sha2-nistp256@openssh.com ecdsa256

# certify OUTPUT KEY CA ARGUMENTS…
certify() {
	output=$1 key=$2 ca=$3
	shift 3
	test "$output" = "$key" || cp "$key.pub" "$output.pub"
	ssh-keygen -q -s "$ca" -I "key id of $output" "$@" "$output.pub"
	ssh-keygen -L -f "$output-cert.pub" | sed 1d >"$out/$output.txt"
	cp "$output-cert.pub" "$out/"
}

valid=20260101000000Z:20360101000000Z
for key in ed25519 ecdsa256 ecdsa384 ecdsa521 rsa2048 sk-ed25519 sk-ecdsa256; do
	certify "$key" "$key" ca-ed25519 -n ubuntu,jo -z 42 -V "$valid"
done
certify by-ecdsa256 ed25519 ca-ecdsa256 -n ubuntu -V "$valid"
certify by-ecdsa384 ed25519 ca-ecdsa384 -n ubuntu -V "$valid"
certify by-ecdsa521 ed25519 ca-ecdsa521 -n ubuntu -V "$valid"
certify by-rsa-sha256 ed25519 ca-rsa -t rsa-sha2-256 -n ubuntu -V "$valid"
certify by-rsa-sha512 ed25519 ca-rsa -t rsa-sha2-512 -n ubuntu -V "$valid"
certify by-rsa-sha1 ed25519 ca-rsa -t ssh-rsa -n ubuntu -V "$valid"
certify host ed25519 ca-ed25519 -h -n host.example.com,10.0.0.1 -z 18446744073709551615 -V "$valid"
certify anyone ed25519 ca-ed25519 -V "$valid"
certify forever ed25519 ca-ed25519 -n ubuntu -V always:forever
certify options ed25519 ca-ed25519 -n ubuntu -V "$valid" -O clear -O force-command=/bin/date -O source-address=10.0.0.0/8,::1 \
	-O verify-required -O permit-pty -O extension:login@example.com=jo -O critical:unheard-of@example.com=x
certify bare ed25519 ca-ed25519 -n ubuntu -V "$valid" -O clear

for key in ed25519 ecdsa256 ecdsa384 ecdsa521 rsa1024 rsa2048 sk-ed25519 sk-ecdsa256; do
	cp "$key.pub" "$out/$key.pub"
	ssh-keygen -l -f "$key.pub" >"$out/$key.fingerprint"
done
