"""How does a command reach a spacecraft? Packet, frame, security, CLTU; and FOP-1, until it has.

telecommand() makes a packet. Session sends packets in order, each until it has arrived, with Fop
inside. Security puts the authentication code on a frame, cltu.encode() the channel code.
"""

from gse.uplink.packet import arming, telecommand

__all__ = ["arming", "telecommand"]
