# shellcheck shell=sh disable=SC2154 # what begins with ph_ is set by the parts before
# What is known of the network between the nodes, and of this one. With the last fact the command may come.

. Access/Ssh/job-network.sh

ph_interface=- ph_prefix=- ph_asked=
if [ -n "$ph_peer" ]; then
    # The job's start has found it on this node, which has the programs for that. One of an earlier version has not asked, and who runs this
    # may ask for another.
    if [ -r "$ph_directory/network" ]; then read -r ph_interface ph_prefix ph_asked <"$ph_directory/network"; fi
    if [ "$ph_interface" = - ] || [ "$ph_asked" != "${ph_network:--}" ]; then
        network_of "$ph_peer" "$ph_network" || case $ph_network in
            */*) refuse "no interface is in the network $ph_network" ;;
            *) refuse "there is no interface $ph_network" ;;
        esac
    fi
fi
fact network "${ph_interface:--}" "${ph_prefix:--}"
for ph_path in /sys/class/infiniband/*; do
    [ ! -e "$ph_path" ] || { fact infiniband; break; }
done
fact cpus "$(nproc 2>/dev/null || echo 1)"
fact ready
