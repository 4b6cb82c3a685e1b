# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# Sourced by tests/run, tests/guest and examples/quickstart: what each needs from the machine.

# Debian package names, by the job that needs them. The including script picks its groups.
# shellcheck disable=SC2034
build_packages=(build-essential cmake pkg-config
	libseccomp-dev libcap-dev libcgroup-dev libcjson-dev libmd-dev libyaml-dev
	libsqlite3-dev libpq-dev libmicrohttpd-dev)
# shellcheck disable=SC2034
test_packages=(libcmocka-dev python3 squashfs-tools erofs-utils postgresql)
# Tool chains for tests/real/test_languages.py; what is missing is skipped there unless required.
# shellcheck disable=SC2034
language_packages=(pypy3 default-jdk-headless nodejs golang-go ruby php-cli lua5.4 ocaml-nox ghc
	fp-compiler)
# shellcheck disable=SC2034
guest_packages=(qemu-system-x86 busybox-static xz-utils zstd lz4)

# die MESSAGE...: says why on standard error and ends the script.
die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# as_root CMD...: runs CMD as root, through sudo where we are somebody else.
as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		sudo -- "$@"
	fi
}

# install_packages NAME...: installs those that are missing, touches nothing otherwise.
install_packages() {
	local name missing=()
	local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)

	command -v dpkg-query >/dev/null ||
		die "not a Debian system: install the likes of $* yourself and use --no-install"
	for name; do
		case $(dpkg-query -W -f '${db:Status-Abbrev}' "$name" 2>/dev/null) in
		ii*) ;;
		*) missing+=("$name") ;;
		esac
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	printf 'installing %s\n' "${missing[*]}" >&2
	{
		as_root "${apt[@]}" update &&
			as_root "${apt[@]}" install -y --no-install-recommends "${missing[@]}"
	} </dev/null >&2 || die "apt-get could not install ${missing[*]}"
}

# enter_scope SCRIPT ARG...: where systemd manages a pure cgroup v2 tree, a session's own group is
# not ours to divide. This starts the script again in a scope that is, and there in a leaf, since
# a group with processes of its own cannot limit its children. Elsewhere it just returns.
enter_scope() {
	local group

	[ "$(id -u)" = 0 ] && [ -d /run/systemd/system ] || return 0
	[ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ] || return 0
	if [ -z "${BAILIFF_IN_SCOPE-}" ]; then
		BAILIFF_IN_SCOPE=$$ exec systemd-run --scope --quiet -p Delegate=yes -- "$@"
	fi
	[ "$BAILIFF_IN_SCOPE" = $$ ] || return 0
	group=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)/shell
	mkdir -p "$group" && echo $$ >"$group/cgroup.procs"
}
