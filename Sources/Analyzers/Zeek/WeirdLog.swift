import Analysis

/// The columns of Zeek's weird.log, in its order.
enum WeirdLog {
  /// What a line is made of.
  struct Row {
    var subject: RecordSubject
    /// Those of the record.
    var members: [(key: String, value: Record.Value)]

    var ends: PacketEnds? {
      subject.socket.map { PacketEnds($0.originator, $0.responder, $0.transport) } ?? subject.ends
    }

    init(_ record: Record, _ subject: RecordSubject) {
      self.subject = subject
      members = []
      if case .object(let members)? = record["weird"] { self.members = members }
    }
  }

  static let columns: [ZeekColumn<Row>] = [
    Column(name: "ts", type: "time") { .time($0.subject.packet.timestamp.nanoseconds / 1000) },
    Column(name: "uid", type: "string") { row in row.subject.socket.map { .text($0.zeekUID) } },
    // As in Zeek, where only the addresses are known the ports are 0.
    Column(name: "id.orig_h", type: "addr") { row in row.ends.map { .address($0.source.address) } },
    Column(name: "id.orig_p", type: "port") { row in
      row.ends.map { .count(UInt64($0.source.port)) }
    },
    Column(name: "id.resp_h", type: "addr") { row in
      row.ends.map { .address($0.destination.address) }
    },
    Column(name: "id.resp_p", type: "port") { row in
      row.ends.map { .count(UInt64($0.destination.port)) }
    },
    Column(name: "name", type: "string") { $0.name.map { .text($0) } },
    Column(name: "addl", type: "string") { $0.details.map { .text($0) } },
    Column(name: "notice", type: "bool") { _ in .flag(false) },
    Column(name: "peer", type: "string") { _ in .text("sluice") },
    Column(name: "source", type: "string") { .text($0.ends?.transport?.name ?? "IP") },
  ]

  private typealias Column = ZeekColumn<Row>
}

extension WeirdLog.Row {
  fileprivate var name: String? {
    guard case .string(let name)? = members.first(where: { $0.key == "name" })?.value else {
      return nil
    }
    return name
  }

  /// The other members: `out offset=2 length=2 count=10`.
  fileprivate var details: String? {
    let words = members.compactMap { key, value -> String? in
      switch (key, value) {
      case ("name", _): nil
      case ("direction", .string(let direction)): direction
      case (_, .unsigned(let number)): "\(key)=\(number)"
      default: nil
      }
    }
    return words.isEmpty ? nil : words.joined(separator: " ")
  }
}
