import Analysis
import Analyzers
import Buffers
import Sockets
import Wire

extension FuzzTarget {
  /// Records of any content, written as JSON: one line, and it reads back as what it was.
  static let json = FuzzTarget(
    name: "json",
    run: { input in
      var input = FuzzInput(input)
      var record = Record(input.text())
      for _ in 0..<(input.byte() & 7) { record.fields.append((input.text(), value(&input, 0))) }
      try check(record, about: input.flag() ? subject(&input) : nil)
    },
    seeds: {
      [
        Seed(name: "string", bytes: [1, 65, 1, 1, 66, 4, 3, 0x22, 0x5C, 0x0A]),
        Seed(name: "double", bytes: [1, 65, 1, 1, 66, 3, 0x3F, 0xF8, 0, 0, 0, 0, 0, 0]),
        Seed(name: "nested", bytes: [1, 65, 2, 1, 66, 6, 2, 7, 1, 1, 67, 0, 1, 1, 1, 68, 7, 0]),
        Seed(name: "no-utf8", bytes: [2, 0xC3, 0x28, 1, 3, 0xED, 0xA0, 0x80, 4, 2, 0xFF, 0x7F]),
        Seed(name: "head", bytes: [1, 65, 0, 1] + [UInt8](0..<90)),
      ]
    })

  private static func value(_ input: inout FuzzInput, _ depth: Int) -> Record.Value {
    switch input.byte() % (depth < 8 ? 8 : 6) {
    case 0: return .null
    case 1: return .integer(input.integer())
    case 2: return .unsigned(input.integer())
    case 3: return .double(Double(bitPattern: input.integer()))
    case 4: return .string(input.text())
    case 5: return input.flag() ? .time(Timestamp(nanoseconds: input.integer())) : .bool(true)
    case 6: return .array((0..<(input.byte() & 7)).map { _ in value(&input, depth + 1) })
    default:
      return .object((0..<(input.byte() & 7)).map { _ in (input.text(), value(&input, depth + 1)) })
    }
  }

  private static func subject(_ input: inout FuzzInput) -> RecordSubject {
    let isIPv6 = input.flag()
    func endpoint(_ input: inout FuzzInput) -> SocketInfo.Endpoint {
      SocketInfo.Endpoint(
        address: isIPv6
          ? IPAddress(ipv6: input.integer(), input.integer()) : IPAddress(ipv4: input.integer()),
        port: input.integer())
    }
    let packet = PacketInfo(
      ordinal: input.integer(), timestamp: Timestamp(nanoseconds: input.integer()))
    let socket = SocketInfo(
      id: SocketID(socket: 0, sequence: 0), flowID: input.integer(), transport: .tcp,
      originator: endpoint(&input), responder: endpoint(&input), vlans: [input.integer()], shard: 0,
      isMidstream: false, firstPacket: packet, lastSeen: packet.timestamp, disconnectReason: nil,
      out: SocketInfo.Stream(), in: SocketInfo.Stream())
    return RecordSubject(socket: socket, packet: packet, captureName: input.text())
  }

  private static func check(_ record: Record, about subject: RecordSubject?) throws {
    let line = bytes(of: record, about: subject, as: EVEFormatter())
    try require(line.last == 10 && line.firstIndex(of: 10) == line.count - 1, "not one line")
    guard case .object(let members) = try JSONReader.read(line) else {
      throw Finding(description: "a record is no object")
    }
    try require(
      members.contains { $0 == .init(key: "event_type", value: .string(record.eventType)) },
      "no event_type")
    let fields = members.suffix(record.fields.count)
    for (member, field) in zip(fields, record.fields) {
      try require(member.key == field.key, "another key: \(member.key)")
      try compare(member.value, field.value)
    }
    let text = bytes(of: record, about: subject, as: TextFormatter())
    try require(text.last == 10 && text.firstIndex(of: 10) == text.count - 1, "text: not one line")
    let isClean = String(decoding: text.dropLast(), as: UTF8.self).unicodeScalars.allSatisfy {
      $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value)
    }
    try require(isClean, "text: a control character")
  }

  private static func bytes(
    of record: Record, about subject: RecordSubject?, as formatter: some RecordFormatter
  ) -> [UInt8] {
    var output = TextBuffer()
    formatter.append(record, about: subject, to: &output)
    return Array(String(output).utf8)
  }

  private static func compare(_ read: JSONReader.Value, _ written: Record.Value) throws {
    switch (read, written) {
    case (.null, .null): return
    case (.null, .double(let value)): try require(!value.isFinite, "\(value) became null")
    case (.bool(let left), .bool(let right)): try require(left == right, "another truth")
    case (.number(let text), .integer(let value)): try require(Int64(text) == value, "\(text)")
    case (.number(let text), .unsigned(let value)): try require(UInt64(text) == value, "\(text)")
    case (.number(let text), .double(let value)): try require(Double(text) == value, "\(text)")
    case (.string(let left), .string(let right)):
      try require(Array(left.utf8) == Array(right.utf8), "another string")
    case (.string(let text), .time): try require(text.utf8.count >= 31, "a short time: \(text)")
    case (.array(let left), .array(let right)):
      try require(left.count == right.count, "another number of elements")
      for (left, right) in zip(left, right) { try compare(left, right) }
    case (.object(let left), .object(let right)):
      try require(left.count == right.count, "another number of members")
      for (left, right) in zip(left, right) {
        try require(left.key == right.key, "another key")
        try compare(left.value, right.value)
      }
    default: throw Finding(description: "\(written) became \(read)")
    }
  }
}
