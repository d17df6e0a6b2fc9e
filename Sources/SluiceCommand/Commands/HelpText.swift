/// What `sluice --help` shows: the parser's own page has no room for order and examples.
enum HelpText {
  static let analyze = """
    sluice turns the packets of a capture into TCP streams and shows them to analyzers.

      sluice [analyze] -r FILE [-a NAME[:key=value,...] ...] [-w FILE] [options] [FILTER]
      sluice analyzers [NAME ...]             list the analyzers with their settings
      sluice check FILE ...                   judge the packets of a capture as TCP
      sluice explain [NAME ...]               say what a weird, a reason or a complaint means
      sluice generate WORKLOAD -w FILE ...    write a synthetic capture
      sluice generate-manual                  print the manual page

    Input
      -r, --read FILE         pcap or pcapng, compressed by gzip or not; - for standard input; a
                              folder with all below it; several become one time line
          --separate          each file by itself, one after the other
      -i, --interface NAME    packets of an interface, until INT, TERM or --count
          --list-interfaces   list the interfaces
      -f, --filter EXPR       only packets that match, as tcpdump's filters; or FILTER as words
          --flow ID           only this conversation, by Community ID or flow_id
          --count N           stop after N packets (with --separate: of each file)

    Analysis
      -a, --analyzer NAME[:key=value,...]
                              an analyzer; several make a chain [flow]
      -k, --checksums auto|all|none
                              auto: packets with wrong checksums are not used unless offload to
                              the network card explains them, or --validity any takes them; none:
                              not looked at [auto]
          --midstream yes|no  connections whose start was not seen [yes]
          --tcp-policy NAME|@FILE
                              what receivers do with TCP segments that overlap: first, last, bsd,
                              bsd-right, linux, old-linux, windows, windows2k3, vista, solaris,
                              old-solaris, hpux10, hpux11, irix or macos; in a file by network (YAML:
                              10.0.0.0/8: linux), or as Suricata's host-os-policy [first]
          --frag-policy NAME|@FILE
                              what receivers do with IP fragments that overlap: first, last, bsd,
                              bsd-right, linux, windows, solaris or drop-on-overlap; in a file by
                              network (YAML: 10.0.0.0/8: linux), or as Suricata's host-os-policy
                              [first; for IPv6 drop-on-overlap]
          --validity host|any what a host would refuse is no stream data; or all that is there
                              is, by its numbers, for captures that were made by hand [host]
          --urgent inline|oob urgent bytes stay in the stream, or are taken out of it [inline]
      -j, --jobs N            how many share the work; the results are the same for all [1]
          --memory SIZE       the budget of all stores together [1G]

    Waiting
          --buffers N         buffers for data that waits, 1 to 254 [40]
          --buffer-size SIZE  bytes of a buffer, 1K to 64K; no chunk is larger [64K]
          --through-pool      show every chunk in a buffer, as another process would see it
          --peek-limit SIZE   bytes that an analyzer may peek at [64K]
          --peek-timeout SECONDS
                              how long a peek may last, in packet time [as long as it takes]
          --deadline SECONDS  how long an answer is waited for [60]
          --on-crash, --on-timeout allow|deny|drop|reset
                              what is done about data when an analyzer crashes or does not
                              answer: let it pass, take it out of the stream, end the flow
                              without a word or with a reset to both ends [allow]
          --on-refused-edit allow|drop|reset
                              the same when an edit is not possible [allow]
          --on-unseen allow|drop
                              payload in -w that is no stream data, so that no analyzer saw it:
                              write it, or leave it out [allow]
          --on-no-client pass|hold|refuse
                              an analyzer has no client: let the sockets pass, wait 10 s for one
                              and give up, or drop the flows [hold]
          --dry-run           record verdicts and change nothing

    Output
      -o, --output FILE       the event log [standard output]
          --format FORMAT     eve: JSON Lines; text: as a person reads it; zeek, zeek-json: flow
                              as Zeek's conn.log, in columns or as JSON Lines [eve]
      -l, --log-dir DIR       a folder for logs: eve.json or conn.log, and files of analyzers;
                              with conn.log oddities go to weird.log, other records to eve.json
      -w, --write FILE        the packets, as pcap or (by its ending) pcapng; - with -o
          --rotate-size SIZE  go on in out-00001.pcap and so on before a file becomes larger
          --rotate-time SECONDS
                              or after so much packet time; FILE may have the escapes of
                              strftime (%F-%H%M.pcap, in UTC) for that of its first packet
          --rotate-count N    keep the N newest of these files

    Configuration
      -c, --config FILE       options in YAML, by their long names: read: [a.pcap, b.pcap]
          --set KEY=VALUE     one of them; a file is below --set, --set below the options here
      -T, --test-config       check configuration, analyzers, filters and inputs; run nothing
          --dump-config       print all that is in force as YAML, which -c reads

    Messages
      -q, --quiet             no summary, no progress
      -v, --verbose           more in the summary
      -V, --version           print the version
      -h, --help              print this
          --generate-completion-script bash|zsh|fish
                              print what a shell needs to complete these options

    Values of -a: a comma separates only before a key that the analyzer knows. In literals \\, \\\\
    \\n \\r \\t and \\xHH stand for one byte each. key@=FILE reads the value from a file. Every
    analyzer has port=80+443+8000-8080, net=10.0.0.0/8, direction=out|in|both and filter=BPF.

    Signals: INT and TERM end the run in order, a second one at once; HUP opens the event log
    again by its path; USR1 says on standard error how far it is.

    Exit status: 0 done, 1 failed, 2 usage or no input, 3 input damaged but processed, 4 nothing
    to analyze, 5 an analyzer failed, 128+n ended by a signal.

      sluice -r in.pcap                                  a record for each conversation
      sluice -r in.pcap -a print --format text           what was said
      sluice -r captures/ tcp port 80                    a folder, and only these packets
      sluice -i eth0 -f 'tcp port 443'                   as it happens
      sluice -r in.pcap -a print:port=80,direction=in    what web servers said
      sluice -r in.pcap -a digest -w out.pcapng          hashes of the streams, and the packets

    """
}
