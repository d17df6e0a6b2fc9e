package import Analysis
package import Buffers

/// JSON Lines that begin like Suricata's EVE records.
package struct EVEFormatter: RecordFormatter {
  private let communityIDSeed: UInt16

  package init(communityIDSeed: UInt16 = 0) { self.communityIDSeed = communityIDSeed }

  package func append(
    _ record: Record, about subject: RecordSubject?, to output: inout TextBuffer
  ) {
    output.append(UInt8(ascii: "{"))
    if let subject {
      appendHead(of: record, about: subject, to: &output)
    } else {
      output.appendJSONKey("event_type")
      output.appendJSON(record.eventType)
    }
    output.appendJSONMembers(record.fields)
    output.append("}\n")
  }

  // The keys here need no escaping, and are written with their punctuation in one go.
  private func appendHead(
    of record: Record, about subject: RecordSubject, to output: inout TextBuffer
  ) {
    output.append(#""timestamp":""#)
    output.append(subject.packet.timestamp, as: .eve)
    output.append(UInt8(ascii: "\""))
    if let socket = subject.socket {
      output.append(#","flow_id":"#)
      output.append(decimal: socket.flowID)
    }
    output.append(#","pcap_cnt":"#)
    output.append(decimal: subject.packet.ordinal)
    output.append(#","event_type":"#)
    output.appendJSON(record.eventType)
    if let socket = subject.socket {
      append(socket, to: &output)
    } else if let ends = subject.ends {
      append(ends, to: &output)
    }
    if let name = subject.captureName {
      output.append(#","pcap_filename":"#)
      output.appendJSON(name)
    }
  }

  /// The originator is the source, whoever sent the packet.
  private func append(_ socket: SocketInfo, to output: inout TextBuffer) {
    if !socket.vlans.isEmpty {
      output.append(#","vlan":"#)
      output.appendJSON(.array(socket.vlans.map { Record.Value($0) }))
    }
    append(PacketEnds(socket.originator, socket.responder, socket.transport), to: &output)
    output.append(#","community_id":""#)
    output.append(communityIDOf: socket, seed: communityIDSeed)
    output.append(UInt8(ascii: "\""))
    if let tunnel = socket.tunnel { append(tunnel, to: &output) }
  }

  private func append(_ ends: PacketEnds, to output: inout TextBuffer) {
    output.append(#","src_ip":""#)
    output.append(ends.source.address)
    if ends.transport != nil {
      output.append(#"","src_port":"#)
      output.append(decimal: ends.source.port)
      output.append(#","dest_ip":""#)
    } else {
      output.append(#"","dest_ip":""#)
    }
    output.append(ends.destination.address)
    output.append(UInt8(ascii: "\""))
    guard let transport = ends.transport else { return }
    output.append(#","dest_port":"#)
    output.append(decimal: ends.destination.port)
    output.append(#","proto":""#)
    output.append(text: transport.name)
    output.append(UInt8(ascii: "\""))
  }

  /// The outer packet's ends, as the first packet had them.
  private func append(_ tunnel: Tunnel, to output: inout TextBuffer) {
    output.append(#","tunnel":{"src_ip":""#)
    output.append(tunnel.source)
    output.append(#"","dest_ip":""#)
    output.append(tunnel.destination)
    output.append(#"","proto":""#)
    output.append(text: tunnel.protocolName)
    output.append(#"","depth":"#)
    output.append(decimal: tunnel.depth)
    output.append(#","type":""#)
    output.append(text: tunnel.kind.name)
    output.append(UInt8(ascii: "\""))
    if let identifier = tunnel.identifier {
      output.append(#","id":"#)
      output.append(decimal: identifier)
    }
    output.append(UInt8(ascii: "}"))
  }
}
