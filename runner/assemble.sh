# Assembles the runner in the image. The Dockerfile runs it in the folder of the runner.
set -eu

# Without git, a step with `repo` fails with an error that names the reason. The versions are those of
# Debian's stable release: it removes a version when a security update replaces it, so that a pinned
# one could not be installed any more. apt verifies the signature of the archive.
if ! command -v git > /dev/null && command -v apt-get > /dev/null; then
  if apt-get update -qq; then
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends git ca-certificates openssh-client
    rm -rf /var/lib/apt/lists/*
  else
    echo 'no package source is reachable: the image has no git' >&2
  fi
fi

if [ -e vendor/node ]; then cp vendor/node bin/node; else cp "$(readlink -f "$(command -v node)")" bin/node; fi
chmod 755 bin/*

# Node 24 needs these two libraries in addition to glibc, and an image may lack them.
mkdir -p lib/libraries
for library in libstdc++.so.6 libgcc_s.so.1; do
  for folder in /usr/lib/x86_64-linux-gnu /usr/lib/aarch64-linux-gnu /lib/x86_64-linux-gnu /lib/aarch64-linux-gnu /usr/lib64 /lib64; do
    if [ -e "$folder/$library" ]; then
      cp -L "$folder/$library" lib/libraries/
      break
    fi
  done
done
version=$(LD_LIBRARY_PATH=$PWD/lib/libraries bin/node --version)
case $version in
  v24.* | v2[5-9].*) ;;
  *) echo "the runner needs Node 24 or newer, the base has $version" >&2; exit 1 ;;
esac

if [ -e vendor/npm ]; then npm=vendor/npm; else npm=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")"); fi
cp -r "$npm" lib/npm

# Steps that call `node` or `npm` use these programs if the image has none.
command -v node > /dev/null || ln -s /headrace/bin/node /usr/local/bin/node
if ! command -v npm > /dev/null; then
  printf '#!/bin/sh\nexec /headrace/bin/node /headrace/lib/npm/bin/npm-cli.js "$@"\n' > /usr/local/bin/npm
  chmod 755 /usr/local/bin/npm
fi
chmod -R go=u-w .

# The user of steps, with a home: npm, git and ssh write there.
if ! grep -q '^[^:]*:[^:]*:1000:' /etc/passwd; then
  grep -q '^[^:]*:[^:]*:1000:' /etc/group || echo 'step:x:1000:' >> /etc/group
  echo 'step:x:1000:1000:step:/home/step:/bin/sh' >> /etc/passwd
fi
home=$(grep '^[^:]*:[^:]*:1000:' /etc/passwd | head -n 1 | cut -d : -f 6)
mkdir -p "$home"
chown 1000:1000 "$home"
