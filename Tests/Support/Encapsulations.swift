import Wire

extension Encapsulation {
  /// Those that are told from others by their outer addresses, or by a number that both directions have,
  /// and are known to records.
  public static let tunnels: [Encapsulation] = [
    Encapsulation("IP in IP") { packet, isOut, number in
      Layer.ethernet(Layer.ip(packet, packet[0] >> 4 == 4 ? .ipv4 : .ipv6, isOut, number))
    },
    Encapsulation("IP in IPv6") { packet, isOut, number in
      Layer.ethernet(Layer.ip(packet, packet[0] >> 4 == 4 ? .ipv4 : .ipv6, isOut, number, .ipv6))
    },
    Encapsulation("GRE") { packet, isOut, number in
      Layer.ethernet(Layer.ip(Layer.gre(packet, type: Layer.type(of: packet)), .gre, isOut, number))
    },
    Encapsulation("GRE with everything, keys of each direction") { packet, isOut, number in
      let fields: [UInt8] = [0, 0, 0, 0, 0, 0, 0, isOut ? 5 : 6, 0, 0, 0, 1]
      let gre = Layer.gre(packet, type: Layer.type(of: packet), flags: 0xB000, fields: fields)
      return Layer.ethernet(Layer.ip(gre, .gre, isOut, number, .ipv6))
    },
    Encapsulation("NVGRE") { packet, isOut, number in
      let gre = Layer.gre(
        Layer.ethernet(packet), type: [0x65, 0x58], flags: 0x2000,
        fields: [0, 0, UInt8(number), isOut ? 9 : 8])
      return Layer.ethernet(Layer.ip(gre, .gre, isOut, 1))
    },
    Encapsulation("PPTP") { packet, isOut, number in
      let ppp = [0xFF, 3, 0, packet[0] >> 4 == 4 ? 0x21 : 0x57] + packet
      let gre = Layer.gre(
        ppp, type: [0x88, 0x0B], flags: 0x3081,
        fields: Layer.word(ppp.count) + [0, isOut ? 3 : 4] + [0, 0, 0, 1, 0, 0, 0, 1])
      return Layer.ethernet(Layer.ip(gre, .gre, isOut, number))
    },
    Encapsulation("ERSPAN I") { packet, isOut, number in
      Layer.ethernet(
        Layer.ip(Layer.gre(Layer.ethernet(packet), type: [0x88, 0xBE]), .gre, isOut, number))
    },
    Encapsulation("ERSPAN II") { packet, isOut, number in
      let gre = Layer.erspan2(Layer.ethernet(packet), session: isOut ? 7 : 8)
      return Layer.ethernet(Layer.ip(gre, .gre, isOut, number))
    },
    Encapsulation("ERSPAN III") { packet, isOut, number in
      let gre = Layer.erspan3(Layer.ethernet(packet), session: 7, hasSubheader: isOut)
      return Layer.ethernet(Layer.ip(gre, .gre, isOut, number))
    },
    Encapsulation("VXLAN") { packet, isOut, number in
      let vxlan = Layer.vxlan(Layer.ethernet(packet), network: number)
      return Layer.ethernet(
        Layer.udp(vxlan, from: isOut ? 50_000 : 50_001, to: 4789, isOut, 1))
    },
    Encapsulation("VXLAN with a tag in it, over IPv6") { packet, isOut, number in
      let frame = Layer.ethernet([0, 9] + Layer.type(of: packet) + packet, type: [0x81, 0])
      let vxlan = Layer.vxlan(frame, network: number)
      return Layer.ethernet(Layer.udp(vxlan, from: 50_000, to: 4789, isOut, 1, .ipv6))
    },
    Encapsulation("GENEVE") { packet, isOut, number in
      let geneve = Layer.geneve(packet, type: Layer.type(of: packet), network: number)
      return Layer.ethernet(Layer.udp(geneve, from: 50_000, to: 6081, isOut, 1))
    },
    Encapsulation("GENEVE with options and Ethernet") { packet, isOut, number in
      let geneve = Layer.geneve(
        Layer.ethernet(packet), type: [0x65, 0x58], network: number,
        options: [1, 2, 3, 1, 0, 0, 0, 0, 1, 2, 4, 0])
      return Layer.ethernet(Layer.udp(geneve, from: 50_000, to: 6081, isOut, 1))
    },
    Encapsulation("GTP-U") { packet, isOut, number in
      Layer.ethernet(
        Layer.udp(Layer.gtp(packet, isOut), from: 2152, to: 2152, isOut, number))
    },
    Encapsulation("GTP-U with an extension header") { packet, isOut, number in
      Layer.ethernet(
        Layer.udp(Layer.gtp(packet, isOut, extended: true), from: 2152, to: 2152, isOut, number))
    },
  ]

  /// Its inner addresses are the same everywhere, so that nothing tells one from another.
  public static let teredo: [Encapsulation] = [
    Encapsulation("Teredo", families: [.ipv6]) { packet, isOut, number in
      Layer.ethernet(
        Layer.udp(
          packet, from: isOut ? 40_000 : 3544, to: isOut ? 3544 : 40_000, isOut, number))
    },
    Encapsulation("Teredo with indications", families: [.ipv6]) { packet, isOut, number in
      let authentication: [UInt8] = [0, 1, 2, 1, 7, 7, 8] + [UInt8](repeating: 9, count: 9)
      let origin: [UInt8] = [0, 0, 1, 2, 3, 4, 5, 6]
      return Layer.ethernet(
        Layer.udp(
          authentication + origin + packet, from: isOut ? 40_000 : 3544,
          to: isOut ? 3544 : 40_000, isOut, number))
    },
  ]

  /// What has no outer IP header.
  public static let links: [Encapsulation] = [
    Encapsulation("MPLS") { packet, isOut, _ in
      Layer.ethernet([0, 1, isOut ? 0x10 : 0x20, 64, 0, 2, 1, 64] + packet, type: [0x88, 0x47])
    },
    Encapsulation("MPLS with Ethernet behind a control word") { packet, _, _ in
      Layer.ethernet([0, 1, 1, 64, 0, 0, 0, 0] + Layer.ethernet(packet), type: [0x88, 0x48])
    },
    Encapsulation("MPLS with Ethernet") { packet, _, _ in
      Layer.ethernet([0, 1, 1, 64] + Layer.ethernet(packet), type: [0x88, 0x47])
    },
    Encapsulation("PPPoE") { packet, _, number in
      let ppp = [0, packet[0] >> 4 == 4 ? 0x21 : 0x57] + packet
      return Layer.ethernet(
        [0x11, 0, 0, UInt8(number)] + Layer.word(ppp.count) + ppp, type: [0x88, 0x64])
    },
    Encapsulation("PPP", linkType: .ppp) { packet, isOut, _ in
      (isOut ? [0xFF, 3, 0] : []) + [packet[0] >> 4 == 4 ? 0x21 : 0x57] + packet
    },
    Encapsulation("PPP with MPLS", linkType: .pppHDLC) { packet, _, _ in
      [0xFF, 3, 0x02, 0x81, 0, 1, 1, 64] + packet
    },
    Encapsulation("PPP of pppd", linkType: .pppPPPD) { packet, isOut, _ in
      [isOut ? 1 : 0, 3, 0, packet[0] >> 4 == 4 ? 0x21 : 0x57] + packet
    },
    Encapsulation("PPP with direction", linkType: .pppWithDirection) { packet, isOut, _ in
      [isOut ? 1 : 0, 0xFF, 3, 0, packet[0] >> 4 == 4 ? 0x21 : 0x57] + packet
    },
    Encapsulation("HDLC", linkType: .ciscoHDLC) { packet, _, _ in
      [0x0F, 0] + Layer.type(of: packet) + packet
    },
    Encapsulation("802.11", linkType: .wireless) { packet, isOut, _ in
      Layer.wireless(packet, flags: isOut ? 1 : 2)
    },
    Encapsulation("802.11 with four addresses", linkType: .wireless) { packet, isOut, _ in
      Layer.wireless(packet, flags: isOut ? 3 : 0, isQoS: true)
    },
    Encapsulation("802.11 with HT control", linkType: .wireless) { packet, _, _ in
      Layer.wireless(packet, flags: 0x82, isQoS: true)
    },
    Encapsulation("radiotap", linkType: .wirelessRadiotap) { packet, isOut, _ in
      Layer.radiotap(
        Layer.wireless(packet, flags: isOut ? 1 : 2) + [1, 2, 3, 4], flags: 0x10)
    },
    Encapsulation("radiotap with padding", linkType: .wirelessRadiotap) { packet, _, _ in
      // The header of 26 bytes is padded to 28.
      Layer.radiotap(
        Layer.wireless(packet, flags: 1, isQoS: true, control: [0, 0, 0, 0]), flags: 0x20)
    },
    Encapsulation("Prism", linkType: .wirelessPrism) { packet, _, _ in
      [0x44, 0, 0, 0, 144, 0, 0, 0] + [UInt8](repeating: 0, count: 136)
        + Layer.wireless(packet, flags: 1)
    },
    Encapsulation("AVS", linkType: .wirelessAVS) { packet, _, _ in
      [0x80, 0x21, 0x10, 1, 0, 0, 0, 64] + [UInt8](repeating: 0, count: 56)
        + Layer.wireless(packet, flags: 1)
    },
  ]
}
